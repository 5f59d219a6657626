"""`indelible witness`: a witness of another installation's ledger, in a process and a folder of its own (ledger.md 3.5)."""

from __future__ import annotations

import logging
import signal
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from indelible.cli.answers import JsonOption, Problem, answer
from indelible.cli.witness_server import WitnessServer
from indelible.home.layout import Home, write_once
from indelible.home.lock import HomeLock, InUse
from indelible.ledger import witness_folder
from indelible.ledger.cosignature import witness_signer
from indelible.ledger.faults import LedgerFault
from indelible.ledger.note import Signer
from indelible.ledger.witness import Witness, WitnessedLog, origin_digest

DEFAULT_PORT: Final = 8010
KEY: Final = "witness.pem"
NAME: Final = "name"
LOGS: Final = "logs"

WitnessHome = Annotated[
    Path,
    typer.Option("--home", help="Folder of the witness, not that of an installation.", file_okay=False),
]


def witness(
    home: WitnessHome = Path("witness"),
    name: Annotated[
        str | None,
        typer.Option(
            help="Name of the witness in every cosignature, for ever; like an address.",
            show_default="witness",
        ),
    ] = None,
    log: Annotated[
        list[str] | None, typer.Option("--log", help="Key line of a log to accept, once; may be repeated.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = DEFAULT_PORT,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve, or only set up and show.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Watch another installation's ledger: cosign what extends it, refuse and keep what forks it; until Ctrl-C."""
    root = home.absolute()
    _make(root)
    lock = HomeLock(Home(root))
    try:
        lock.acquire()
    except InUse:
        raise Problem(f"A witness already runs on {root}. Stop it first, or choose another --home.") from None
    try:
        signer, logs = _state(root, name, log or [])
        server = _server(host, port, Witness(signer, logs)) if serve else None
        answer(*_told(root, signer, logs, f"http://{host}:{port}" if serve else ""), as_json=as_json)
        if server is not None:
            _run(server)
    finally:
        lock.release()


def _make(root: Path) -> None:
    """The witness's folder, closed to others; raises Problem where it is an installation's or cannot be made."""
    if Home(root).exists():
        raise Problem(
            f"{root} holds an installation. A witness lives apart from what it watches: choose another --home."
        )
    try:
        if not root.is_dir():
            root.mkdir(parents=True, mode=0o700)
        (root / LOGS).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Problem(f"{root} cannot be written: {error.strerror}.") from None


def _state(root: Path, name: str | None, logs: list[str]) -> tuple[Signer, dict[str, WitnessedLog]]:
    """Key, name and logs from the folder, made at the first start; raises Problem in a sentence."""
    try:
        signer = witness_signer(_name(root, name), _key(root))
        for vkey in logs:
            witness_folder.accept(root / LOGS, vkey)
        found = witness_folder.witnessed_logs(root / LOGS, signer.verifier)
    except LedgerFault as fault:
        raise Problem(str(fault)) from None
    except OSError as error:
        raise Problem(f"{error.filename or root} cannot be used: {error.strerror}.") from None
    if not found:
        raise Problem(
            "This witness accepts no log yet. Start it once with --log and the key line that "
            "`indelible doctor` prints on the installation it is to watch."
        )
    return signer, found


def _name(root: Path, wanted: str | None) -> str:
    """The name given at the first start; another one later would make another witness of it."""
    file = root / NAME
    with suppress(FileExistsError):
        if not file.exists():
            witness_signer(wanted or "witness", Ed25519PrivateKey.generate())  # refuses what cannot be a name
            if (
                wanted is not None and not wanted.isascii()
            ):  # other makers' verifiers refuse names that look alike
                raise Problem(f"A witness's name has plain letters, digits and signs only, not {wanted!r}.")
            write_once(file, (wanted or "witness").encode() + b"\n")
    kept = file.read_text(encoding="utf-8").strip()
    if wanted not in (None, kept):
        raise Problem(
            f"This witness is called {kept}; a name is for ever. Choose another --home for another witness."
        )
    return kept


def _key(root: Path) -> Ed25519PrivateKey:
    """The key, made at the first start with mode 0600; raises Problem when it is gone, open to others or no such key."""
    file = root / KEY
    if not file.exists():
        if any((root / LOGS).iterdir()):
            raise Problem(
                f"The key {file} is missing. Put it back: with a new one this would be another witness."
            )
        made = Ed25519PrivateKey.generate()
        with suppress(FileExistsError):
            write_once(file, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise Problem(f"The key {file} can be read by other accounts. Close it with: chmod 600 {file}")
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise Problem(f"{file} is not a key. Put back the file that the first start made.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Problem(f"{file} is not an Ed25519 key. Put back the file that the first start made.")
    return key


def _server(host: str, port: int, witness: Witness) -> WitnessServer:
    try:
        return WitnessServer((host, port), witness)
    except OSError as error:
        raise Problem(
            f"Port {port} on {host} cannot be used: {error.strerror}. Choose another with --port."
        ) from None


def _run(server: WitnessServer) -> None:
    """Serves until SIGTERM or SIGINT; a request that runs is answered first."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.Formatter.converter = time.gmtime

    def stop(_number: int, _frame: Any) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with server:
        server.serve_forever()


def _told(
    root: Path, signer: Signer, logs: dict[str, WitnessedLog], address: str
) -> tuple[dict[str, Any], str]:
    """What a start says, as JSON and in words: the key line, the address, each log with its size and its evidence."""
    each = [
        {
            "origin": one.origin,
            "size": one.head.size if one.head else 0,
            "checkpoint": f"/{origin_digest(one.origin)}/checkpoint",
            "evidence": [str(file) for file in witness_folder.evidence(root / LOGS, one.origin)],
        }
        for one in logs.values()
    ]
    told = {"name": signer.name, "vkey": signer.verifier.vkey(), "address": address, "logs": each}
    lines = [f"Witness {signer.name}", f"Key line: {signer.verifier.vkey()}"]
    for one in logs.values():
        lines.append(f"Accepts {one.origin}: {one.head.size if one.head else 0:,} entries cosigned so far.")
        found = witness_folder.evidence(root / LOGS, one.origin)
        lines += [f"EVIDENCE that this log signed two histories: {file}" for file in found]
    lines += [f"Answers at {address}"] if address else []
    return told, "\n".join(lines)
