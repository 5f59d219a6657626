"""The operator's settings: addresses, paths and secrets from INDELIBLE_* or `indelible.toml`; never a rule (D8).

A variable wins over the file. Each variable may instead be named with _FILE at its end and hold the path of a
file with the value, so that secrets need not stand in an environment.
"""

from __future__ import annotations

import os
import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from indelible.home import outside
from indelible.home.layout import Home, HomeProblem
from indelible.home.transport import modern_tls

PREFIX: Final = "INDELIBLE_"
DEFAULT_PORT: Final = 8000
_LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "[::1]")
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_MAINTENANCE: Final = frozenset({"database_owner_url", "database_admin_url"})


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the service needs to know about its surroundings. Secrets are left out of its `repr`.

    `database_url` is empty for the embedded database. `public_url` is the address people type; https there
    switches on secure cookies and HSTS, and nothing is served in the clear. `trusted_proxies` counts the reverse proxies in
    front; without one, `tls_certificate` and `tls_key` name the files (PEM) with which the service encrypts by itself. `hold_signed` is how many
    seconds the answer to a signing waits for the ledger to hold it; 0 answers at once. `sso_issuer` is the address of the
    company's identity provider (OpenID Connect), empty where there is none; the other two are what it knows us by.
    `time_source` is the NTP server the clock is measured against, with `:port` where it is not 123. Urgent
    notices go out by the mail server `smtp_host` (`smtp_security`: starttls, tls or none) and to `notice_webhook`;
    `notice_security` and `notice_management` are mailboxes, comma apart, empty for those of the roles.
    """

    database_url: str = field(default="", repr=False)
    database_seal_url: str = field(default="", repr=False)
    database_verify_url: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public_url: str = ""
    trusted_proxies: int = 0
    tls_certificate: str = ""
    tls_key: str = ""
    workers: int = 2
    files: str = ""
    log_level: str = "INFO"
    hold_signed: int = 2
    sso_issuer: str = ""
    sso_client_id: str = ""
    sso_client_secret: str = field(default="", repr=False)
    time_source: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_security: str = "starttls"
    mail_from: str = ""
    notice_security: str = ""
    notice_management: str = ""
    notice_webhook: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """The address people type."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def sso_origin(self) -> str:
        """The origin of the identity provider, empty where there is none."""
        parts = urlsplit(self.sso_issuer)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @property
    def encrypted(self) -> bool:
        """Whether people reach the service by https."""
        return self.address.startswith("https://")

    @property
    def allowed_hosts(self) -> list[str]:
        """Host names the service answers to."""
        named = urlsplit(self.address).hostname
        return list(dict.fromkeys([*([named] if named else []), *_LOCAL_HOSTS]))

    @property
    def embedded(self) -> bool:
        """Whether the database is our own, inside the home."""
        return not self.database_url


def load(home: Home, environment: Mapping[str, str] | None = None) -> Configuration:
    """The configuration of this home; raises HomeProblem for an unknown name or a value of the wrong kind."""
    given = os.environ if environment is None else environment
    values = {name: _typed(name, value) for name, value in _gathered(home, given).items() if name in _KINDS}
    if "port" not in values and given.get("PORT"):
        values["port"] = _typed("port", given["PORT"])
    return _checked(Configuration(**values))


def maintenance_url(home: Home, name: str, environment: Mapping[str, str] | None = None) -> str:
    """The address of the owner (`database_owner_url`) or administrator (`database_admin_url`), else empty.

    For `init`, `upgrade` and `restore` only (decision D3): the service never reads these.
    """
    if name not in _MAINTENANCE:
        raise KeyError(name)
    return str(_gathered(home, os.environ if environment is None else environment).get(name, ""))


_KINDS: Final[Mapping[str, type]] = {f.name: type(f.default) for f in fields(Configuration)}


def _gathered(home: Home, environment: Mapping[str, str]) -> dict[str, Any]:
    """File first, then variables; unknown names in the file are a refusal: a slip there must not be silent."""
    values = _from_file(home.configuration)
    for name in (*_KINDS, *_MAINTENANCE):
        variable = PREFIX + name.upper()
        if path := environment.get(f"{variable}_FILE"):
            values[name] = _secret(Path(path), f"{variable}_FILE")
        if variable in environment:
            values[name] = environment[variable]
    return values


def _from_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HomeProblem(f"{path} is not valid TOML: {error}.") from None
    unknown = sorted(set(values) - set(_KINDS) - _MAINTENANCE - outside.SETTINGS)
    if unknown:
        raise HomeProblem(
            f"{path} has an unknown setting: {', '.join(unknown)}. Known: {', '.join(sorted({*_KINDS, *outside.SETTINGS}))}."
        )
    return {name: value for name, value in values.items() if name not in outside.SETTINGS}


def _secret(path: Path, variable: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise HomeProblem(f"{variable} names {path}, which cannot be read: {error.strerror}.") from None


def _typed(name: str, value: object) -> Any:
    """The value as the kind its setting has; raises HomeProblem naming the variable."""
    kind = _KINDS[name]
    if isinstance(value, kind) and not isinstance(value, bool):
        return value
    if kind is int and isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    wanted = "a whole number" if kind is int else "text"
    raise HomeProblem(f"{PREFIX}{name.upper()} must be {wanted}, not {value!r}.")


def _checked(configuration: Configuration) -> Configuration:
    if not 1 <= configuration.port <= 65_535:
        raise HomeProblem(f"The port must lie between 1 and 65535, not {configuration.port}.")
    if not 1 <= configuration.workers <= 64:
        raise HomeProblem(f"Between 1 and 64 workers can serve, not {configuration.workers}.")
    if not 0 <= configuration.hold_signed <= 30:
        raise HomeProblem(
            f"The answer to a signing waits between 0 and 30 seconds, not {configuration.hold_signed}."
        )
    if configuration.log_level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise HomeProblem(f"The log level is DEBUG, INFO, WARNING or ERROR, not {configuration.log_level!r}.")
    if urlsplit(configuration.address).scheme not in {"http", "https"}:
        raise HomeProblem(
            f"INDELIBLE_PUBLIC_URL must begin with https:// or http://, not {configuration.address!r}."
        )
    _check_transport(configuration)
    _check_provider(configuration)
    _check_messages(configuration)
    return configuration


def _check_transport(configuration: Configuration) -> None:
    named = (configuration.tls_certificate, configuration.tls_key)
    if not any(named):
        return
    if not all(named):
        raise HomeProblem("INDELIBLE_TLS_CERTIFICATE and INDELIBLE_TLS_KEY belong together: name both files.")
    if not configuration.encrypted:
        raise HomeProblem(
            f"INDELIBLE_TLS_CERTIFICATE is named, so INDELIBLE_PUBLIC_URL must begin with https://, not {configuration.address!r}."
        )
    try:
        modern_tls(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*named)
    except OSError as error:  # what OpenSSL refuses is one, too
        raise HomeProblem(
            f"INDELIBLE_TLS_CERTIFICATE and INDELIBLE_TLS_KEY ({' and '.join(named)}) cannot be used: {error.strerror or error}."
        ) from None


def _check_provider(configuration: Configuration) -> None:
    if not configuration.sso_issuer:
        return
    parts = urlsplit(configuration.sso_issuer)
    local = parts.hostname in _THIS_MACHINE
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise HomeProblem(
            f"INDELIBLE_SSO_ISSUER must begin with https://, not {configuration.sso_issuer!r}; http only on this machine."
        )
    if not configuration.sso_client_id or not configuration.sso_client_secret:
        raise HomeProblem(
            "INDELIBLE_SSO_ISSUER needs INDELIBLE_SSO_CLIENT_ID and INDELIBLE_SSO_CLIENT_SECRET."
        )


def _check_messages(configuration: Configuration) -> None:
    if configuration.smtp_security not in {"starttls", "tls", "none"}:
        raise HomeProblem(
            f"INDELIBLE_SMTP_SECURITY is starttls, tls or none, not {configuration.smtp_security!r}."
        )
    if configuration.smtp_host and not configuration.mail_from:
        raise HomeProblem("INDELIBLE_SMTP_HOST needs INDELIBLE_MAIL_FROM: who the messages are from.")
    if configuration.smtp_security == "none" and configuration.smtp_host not in {"", *_THIS_MACHINE}:
        raise HomeProblem("INDELIBLE_SMTP_SECURITY can be none for a mail server on this machine only.")
    parts = urlsplit(configuration.notice_webhook)
    local = parts.hostname in _THIS_MACHINE
    if configuration.notice_webhook and parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise HomeProblem("INDELIBLE_NOTICE_WEBHOOK must begin with https://; http only on this machine.")
