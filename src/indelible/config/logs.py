"""Logs as one JSON object a line, without secrets: what is named like one or sits in an address is left out."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

_SECRET_NAME: Final = re.compile(
    r"pass|secret|token|otp|authorization|cookie|credential|signature_?key", re.I
)
_SECRET_TEXT: Final = (
    re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"),
    re.compile(r"(?i)(?<=bearer )\S+"),
    re.compile(r"(?i)\b(?:password|passwd|secret|token|otp)\b\s*[=:]\s*\S+"),
)
_LEFT_OUT: Final = "[left out]"
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "taskName"}


class JsonFormatter(logging.Formatter):
    """One line of JSON for each entry: at (UTC), level, logger, message, fields given as `extra`, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry as a line; never raises for a field JSON does not know."""
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": without_secrets(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                entry[name] = _LEFT_OUT if _SECRET_NAME.search(name) else _plain(value)
        if record.exc_info:
            entry["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def without_secrets(text: str) -> str:
    """The text with passwords in addresses, bearer tokens and `password=...` left out."""
    for pattern in _SECRET_TEXT:
        text = pattern.sub(_LEFT_OUT, text)
    return text


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return without_secrets(str(value))
