"""The marked part of the suite on a PostgreSQL started by hand, by other settings than ours, through INDELIBLE_DATABASE_URL."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import psycopg
import pytest

from indelible.home import binaries
from indelible.home.account import server_account
from tests.own_server import VARIABLE

ROOT: Final = Path(__file__).parents[2]
PARTS: Final = (
    "tests/audit/test_capture.py",
    "tests/house/test_tables.py",
    "tests/signatures/test_signing.py",
)
SETTINGS: Final = {
    "unix_socket_directories": "",
    "max_connections": "60",
    "fsync": "off",
    "wal_level": "logical",
    "timezone": "America/New_York",
    "datestyle": "SQL, DMY",
    "intervalstyle": "sql_standard",
    "bytea_output": "escape",
    "extra_float_digits": "0",
    "default_statistics_target": "10",
}
"""A company's own habits; the trail must look the same whatever they are."""


@pytest.fixture(scope="module")
def administrator() -> Iterator[str]:
    """The superuser's address of a server on TCP, made with initdb and postgres alone."""
    account = server_account()
    folder = Path(tempfile.mkdtemp(prefix="ind-own-"))
    folder.chmod(0o755)
    data, word = folder / "db" / "data", secrets.token_hex(8)
    account.make_folder(folder / "db")
    account.write_file(folder / "db" / "word", word)
    programs = binaries.programs(account)
    options = [
        "-U",
        "postgres",
        "--pwfile",
        folder / "db" / "word",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
    ]
    made = account.run([programs / "initdb", "-D", data, *options, "--no-data-checksums"])
    assert made.returncode == 0, made.stderr
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {**SETTINGS, "listen_addresses": "127.0.0.1", "port": str(port)}
    command: Sequence[str | Path] = [
        programs / "postgres", "-D", data, *(word for k, v in given.items() for word in ("-c", f"{k}={v}"))
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = account.start(command, log=log)
    address = f"postgresql://postgres:{word}@127.0.0.1:{port}/postgres"
    try:
        _wait(address)
        yield address
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(address: str) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(address).close()
            return
        except psycopg.OperationalError:
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.urs("URS-AUD-01", "URS-AUD-03", "URS-AUD-04")
def test_database_capture_and_signing_hold_on_a_server_of_ones_own(administrator: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INDELIBLE_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "own_server", "-p", "no:cacheprovider", *PARTS],
        cwd=ROOT,
        env={**environment, VARIABLE: administrator},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    counted = re.search(r"(\d+) passed", done.stdout)
    assert counted and int(counted.group(1)) > 60
    with psycopg.connect(administrator) as found:
        left = found.execute(
            "select datname from pg_database where datname ~ '^(indelible|t[0-9]+)$'"
        ).fetchall()
    assert left == []
