"""One benchmark process that reads pages and API as a signed-in person: told by a line what, answers with times and queries.

A command is {"path": ..., "n": int}; the answer has `seconds` (one of each read), `queries` of one read and its `status`.
The session's token comes as the first line.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402


def main() -> int:
    """Obeys line by line."""
    settings.ALLOWED_HOSTS = ["testserver"]
    token = sys.stdin.readline().strip()
    page, machine = Client(), Client(headers={"authorization": f"Bearer {token}"})
    page.cookies["session"] = token
    for line in sys.stdin:
        command = json.loads(line)
        client = machine if command["path"].startswith("/api/") else page
        print(json.dumps(_read(client, command["path"], command["n"])), flush=True)
    return 0


def _read(client: Client, path: str, n: int) -> dict[str, Any]:
    asked: list[str] = []

    def count(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(count):
        status = client.get(path).status_code
    seconds = []
    for _ in range(n):
        began = time.perf_counter()
        client.get(path)
        seconds.append(time.perf_counter() - began)
    return {"seconds": seconds, "queries": len(asked), "status": status}


if __name__ == "__main__":
    sys.exit(main())
