"""The embedded PostgreSQL: made, started and stopped by us, as strict as a company's own (decisions D1, D3).

The programs come from a wheel; the life cycle is ours. The server listens on no network address, only on a
socket in a folder of mode 0700; every role needs its password (SCRAM-SHA-256); pages carry checksums.
"""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from indelible.home import binaries, keys, postmaster, roles, sockets
from indelible.home.account import Account, server_account
from indelible.home.layout import Home, HomeProblem
from indelible.home.lock import HomeLock

DATABASE: Final = "indelible"
SUPERUSER: Final = "postgres"
LOGINS: Final[Mapping[str, str]] = {
    "app": "indelible_app",
    "owner": "indelible_owner",
    "seal": "indelible_seal",
    "verify": "indelible_verify",
    "superuser": SUPERUSER,
}
START_LIMIT: Final = 300.0
"""Seconds a start may take; recovery after a crash replays what was not yet in the tables."""
_ORPHAN_LIMIT: Final = 15.0

_SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # a statement or a detail line can carry what a person typed; the log must not (URS-AUD-07)
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
}


class Server:
    """The server of one home. `options` are further settings of postgresql.conf (tests: {"fsync": "off"})."""

    def __init__(self, home: Home, options: Mapping[str, str] | None = None) -> None:
        self.home = home
        self._options = dict(options or {})
        self._lock = HomeLock(home)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.home.database / "data"

    def is_initialised(self) -> bool:
        """Whether data folder, roles and database are there."""
        return (self.home.database / "initialised").exists()

    def initialise(self) -> None:
        """Make keys, data folder, roles and the database `indelible`; safe to repeat after a break.

        Raises InUse when a service runs on this home and HomeProblem for what the operator must put right.
        """
        self.home.create()
        self._lock.acquire()
        try:
            keys.create(self.home)
            account = server_account()
            _place(self.home, account)
            self._make_data(account)
            self._launch(account)
            roles.create_roles_and_database(
                self.url("superuser", SUPERUSER), DATABASE, roles.secrets_of(self.home), whole_server=True
            )
            (self.home.database / "initialised").touch(mode=0o600)
        finally:
            self.stop()

    def start(self) -> None:
        """Start and wait until connections are accepted; recovers by itself from a killed server or machine."""
        if not self.is_initialised():
            raise HomeProblem(f"{self.home.root} has no database yet. Run `indelible init` first.")
        self._lock.acquire()
        try:
            self._launch(server_account())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what this object started: clients are disconnected, everything is written; releases the home."""
        if self._process is not None:
            _end(self._process)
            self._process = None
        self._lock.release()

    def is_running(self) -> bool:
        """Whether a server of this home accepts connections now, whoever started it."""
        found = postmaster.read(self.data)
        return found is not None and found.ready and postmaster.is_ours(found.pid, self.data)

    def failed(self) -> bool:
        """Whether the server this object started has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def url(self, role: str, database: str = DATABASE) -> str:
        """Address for app, owner, seal, verify or superuser; to be kept as secret as the password inside."""
        login = LOGINS[role]
        password = keys.database_secret(self.home, login)
        return f"postgresql://{login}:{password}@/{database}?host={quote(str(sockets.recorded(self.home)), safe='')}"

    def __enter__(self) -> Self:
        """Initialise where needed, start; leaves the server stopped at the end of the block."""
        if not self.is_initialised():
            self.initialise()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _make_data(self, account: Account) -> None:
        """`initdb` into a folder beside, then a rename, so that a break leaves nothing half made."""
        if self.data.exists():
            return
        staged = self.home.database / "data.new"
        if staged.exists():
            shutil.rmtree(staged)
        password_file = self.home.database / f"password.{secrets.token_hex(4)}"
        account.write_file(password_file, keys.database_secret(self.home, SUPERUSER))
        try:
            _initdb(account, staged, password_file)
        finally:
            password_file.unlink()
        account.write_file(staged / "pg_hba.conf", "local all all scram-sha-256\n")
        staged.rename(self.data)

    def _launch(self, account: Account) -> None:
        """Start the server process and wait; the lock of the home is held."""
        _check_owner(self.home, account)
        postmaster.clear(self.data)
        settings = {
            **_SETTINGS,
            "unix_socket_directories": str(sockets.prepare(self.home, account)),
            **self._options,
        }
        command: list[str | Path] = [binaries.programs(account) / "postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        end = time.monotonic() + _ORPHAN_LIMIT
        while not self._launched(account, command):
            # a killed server's own children give its memory back only after they noticed
            if "still in use" not in _last_words(self.home) or time.monotonic() > end:
                raise HomeProblem(_last_words(self.home))
            time.sleep(0.2)

    def _launched(self, account: Account, command: Sequence[str | Path]) -> bool:
        """Start once; whether it accepts connections. False when it ended by itself and said why in the log."""
        with (self.home.logs / "postgresql.log").open("ab") as log:
            self._process = process = account.start(command, log=log)
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end:
            if process.poll() is not None:
                return False
            found = postmaster.read(self.data)
            if found is not None and found.pid == process.pid and found.ready:
                return True
            time.sleep(0.02)
        raise HomeProblem(f"The database did not start within {START_LIMIT:.0f} s. {_last_words(self.home)}")


def django_database(url: str) -> dict[str, Any]:
    """A PostgreSQL address in the form of an entry of Django's DATABASES; raises psycopg.ProgrammingError."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", DATABASE),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": parts,
    }


def _place(home: Home, account: Account) -> None:
    """Decide once where the database lies: in the home, or outside where its account cannot enter the home."""
    if home.database.exists():
        return
    if account.can_enter(home.root):
        account.make_folder(home.database)
        return
    outside = binaries.OUTSIDE / home.id
    try:
        binaries.open_folder(binaries.OUTSIDE)
        account.make_folder(outside)
    except OSError as error:
        raise HomeProblem(
            f"The database's account cannot enter {home.root}, and {outside} cannot be made: {error.strerror}. "
            "Choose a home that other accounts may pass through, for example below /srv."
        ) from None
    home.pointer.write_text(f"{outside}\n", encoding="utf-8")


def _initdb(account: Account, folder: Path, password_file: Path) -> None:
    done = account.run(
        [
            binaries.programs(account) / "initdb",
            f"--pgdata={folder}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--data-checksums",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
    )
    if done.returncode != 0:
        raise HomeProblem(f"PostgreSQL could not make its data folder: {_first_line(done.stderr)}")


def _check_owner(home: Home, account: Account) -> None:
    owner = (home.database / "data").stat().st_uid
    if owner != account.uid:
        raise HomeProblem(
            f"The database in {home.database} belongs to user id {owner}, but would run as {account.uid}. "
            "Start Indelible as the account that made it."
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown (SIGINT), and the hard one where that takes more than a minute: recovery follows at start."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait(30)


def _last_words(home: Home) -> str:
    """Why the server ended, from the end of its log, as one sentence."""
    with (home.logs / "postgresql.log").open("rb") as log:
        log.seek(max(0, log.seek(0, 2) - 8_000))
        lines = log.read().decode(errors="replace").splitlines()
    told = [
        line for line in lines[-20:] if any(word in line for word in ("FATAL", "PANIC", "ERROR", "could not"))
    ]
    return f"The database did not start: {(told or lines or ['it gave no reason'])[-1].strip()}"


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line), lines[-1] if lines else "no reason given")
