"""The processes of one service, as the supervisor starts them: web, worker, sealer and anchors, each ended with its parent.

Run as `python -m indelible.cli.children NAME`; the supervisor's end of a pipe tells when it is gone, however it went.
"""

from __future__ import annotations

import logging.config
import os
import secrets
import signal
import ssl
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from indelible.home.configuration import Configuration
from indelible.home.transport import modern_tls

PARENT_VARIABLE: Final = "INDELIBLE_PARENT_PIPE"
_GRACE: Final = 15.0
"""Seconds a child has to end in order after its parent is gone."""


def main() -> None:
    """Be the child of this name until told to end, or until the supervisor is gone."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "indelible.config.settings")
    work: Mapping[str, Callable[[], None]] = {
        "web": web,
        "worker": worker,
        "sealer": sealer,
        "anchors": anchors,
    }
    watch_parent()
    work[sys.argv[1]]()


def web() -> None:
    """Serve pages and API by gunicorn."""
    from django.core.wsgi import get_wsgi_application
    from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

    class Service(BaseApplication):  # type: ignore[misc]  # gunicorn carries no types
        """Gunicorn with our settings instead of a command line."""

        def load_config(self) -> None:
            for name, value in _web_settings().items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return get_wsgi_application()

    # one run for all workers: after a restart each signing period is over (URS-SIG-04)
    os.environ["INDELIBLE_BOOT"] = secrets.token_hex(8)
    Service().run()


def worker() -> None:
    """Take background work from the queue in the database."""
    import django

    django.setup()
    from indelible.jobs.worker import work

    work()


def sealer() -> None:
    """Seal committed entries; exit 1 when it must not sign."""
    from django.conf import settings

    from indelible.jobs.sealer import main as seal

    logging.config.dictConfig(settings.LOGGING)
    sys.exit(seal([]))


def anchors() -> None:
    """Ask witnesses and time-stamp authorities to vouch for the ledger."""
    import django

    django.setup()
    from indelible.jobs.anchors import main as anchor

    sys.exit(anchor())


def watch_parent() -> None:
    """End this process in order when the supervisor's end of the pipe closes, and by force where that takes long."""
    pipe = os.environ.pop(PARENT_VARIABLE, "")
    if pipe:
        threading.Thread(target=_end_with_parent, args=(int(pipe),), daemon=True, name="parent").start()


def _end_with_parent(pipe: int) -> None:
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(1)


def _web_settings() -> dict[str, Any]:
    """Gunicorn's settings; the access log leaves out the query, which can hold what people typed."""
    from django.conf import settings

    given = settings.CONFIGURATION
    host = f"[{given.host}]" if ":" in given.host else given.host
    return {
        "bind": [f"{host}:{given.port}"],
        "workers": given.workers,
        "worker_class": "gthread",
        "threads": 4,
        "timeout": 120,
        "graceful_timeout": 10,
        "keepalive": 5,
        "accesslog": "-",
        "access_log_format": "%(h)s %(m)s %(U)s %(s)s %(B)s %(M)sms",
        "forwarded_allow_ips": "*" if given.trusted_proxies else "",
        "proc_name": "indelible",
        "control_socket_disable": True,
        **_encryption(given),
        "logconfig_dict": {
            **settings.LOGGING,
            "loggers": {
                name: {"level": "INFO", "handlers": [], "propagate": True}
                for name in ("gunicorn.error", "gunicorn.access")
            },
        },
    }


def _encryption(given: Configuration) -> dict[str, Any]:
    """Gunicorn's settings where the service encrypts by itself, and not a proxy in front of it."""
    if not given.tls_certificate:
        return {}
    return {
        "certfile": given.tls_certificate,
        "keyfile": given.tls_key,
        "do_handshake_on_connect": True,
        "ssl_context": _server_context,
    }


def _server_context(config: Any, default: object) -> ssl.SSLContext:  # noqa: ARG001  (gunicorn gives it)
    context = modern_tls(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(config.certfile, config.keyfile)
    return context


if __name__ == "__main__":
    main()
