"""The whole service beside a witness: `indelible serve` is cosigned, `verify` says so, a wrong key stops the start."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command, installed
from tests.cli.test_witness import command, free_port, running
from tests.ledger.growing import Log

assert installed  # a fixture of the tests of commands
pytestmark = [pytest.mark.urs("URS-AUD-03"), pytest.mark.slow]


@pytest.fixture
def log_key(installed: Command) -> Iterator[str]:
    told = json.loads(installed("doctor", "--json").stdout)
    yield next(one["words"] for one in told if one["what"] == "ledger").split()[-1]


def test_a_service_is_cosigned_and_verify_says_what_vouches_for_it(
    installed: Command,
    log_key: str,
    tmp_path: Path,
) -> None:
    home = tmp_path / "witness"
    assert command(home, "--name", "w.example/qa", "--log", log_key, "--no-serve").returncode == 0
    before = json.loads(installed("verify", "--json").stdout)
    assert "No witness outside is named" in before["notices"][0] and before["clean"]
    with running(home) as one:
        (installed.home / "indelible.toml").write_text(
            f'[[witness]]\nname = "qa"\nurl = "http://127.0.0.1:{one.port}"\nvkey = "{one.told["vkey"]}"\nprivate = true\n'
        )
        with installed.serving(free_port()):
            end = time.monotonic() + 30
            while one.ask(b"", one.told["logs"][0]["checkpoint"])[0] != 200 and time.monotonic() < end:
                time.sleep(0.3)
            time.sleep(2)
        report = json.loads(installed("verify", "--json").stdout)
        assert report["clean"], report["findings"]
        assert report["examined"]["cosignatures"] >= 1 and report["notices"] == []
    kept = installed.home / "sealer" / "witnesses" / "qa"
    assert kept.stat().st_mode & 0o077 == 0


def test_a_key_that_is_no_witnesss_stops_the_start_in_one_sentence(installed: Command) -> None:
    key = Log().signer.verifier.vkey()
    (installed.home / "indelible.toml").write_text(
        f'[[witness]]\nname = "qa"\nurl = "https://w.example"\nvkey = "{key}"\n'
    )
    done = installed("serve", "--port", str(free_port()))
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "a witness's key is of type 0x04" in done.stderr
