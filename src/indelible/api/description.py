"""The description of the API as OpenAPI 3.1: made from the routes, kept in git as `openapi.json`, served to who signs in.

`python -m indelible.api.description` writes the file anew; a test holds file and service against each other.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

PREFIX: Final = "/api/v1/"
FILE: Final = Path(__file__).parent / "openapi.json"
_METHODS: Final = ("get", "post", "put", "patch", "delete")


@cache
def served() -> dict[str, Any]:
    """The description as served: ninja's, with problem details told as such and the second way to sign in."""
    from indelible.api.routes import every
    from indelible.api.service import COOKIE, api

    every()
    found = json.loads(json.dumps(api.get_openapi_schema(path_prefix=PREFIX)))
    schemes = found["components"]["securitySchemes"]
    schemes["Cookie"] = {"type": "apiKey", "in": "cookie", "name": COOKIE}
    for path in found["paths"].values():
        for method in _METHODS:
            if method in path:
                _finish(path[method])
    return dict(found)


def text() -> str:
    """The file's content."""
    return json.dumps(served(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _finish(operation: dict[str, Any]) -> None:
    _tell_media(operation)
    for status, response in operation["responses"].items():
        if int(status) >= 400:
            content = response.get("content", {})
            response["content"] = {"application/problem+json": content.pop("application/json")}
        if int(status) == 401:
            response["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    if operation.get("security"):
        operation["security"] = [*operation["security"], {"Cookie": []}]


def _tell_media(operation: dict[str, Any]) -> None:
    """Bytes under their own media types, and the ETag of whole records."""
    for status, response in operation["responses"].items():
        if int(status) >= 300 or "content" not in response:
            continue
        schema = response["content"]["application/json"]["schema"]
        if schema.get("format") == "binary":
            response["content"] = {}
        for media in operation.get("x-media", ()):
            told = {"type": "object"} if media.endswith("json") else {"type": "string", "format": "binary"}
            response["content"][media] = {"schema": told}
        if schema.get("$ref", "").endswith("/Record"):
            response["headers"] = {"ETag": {"description": "The revision", "schema": {"type": "string"}}}
    operation.pop("x-media", None)


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "indelible.config.settings")
    django.setup()
    FILE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{FILE.name}: {len(served()['paths'])} addresses\n")
