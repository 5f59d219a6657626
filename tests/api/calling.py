"""Calls `/api/v1` as one of the test people, over Django's request handling and a real database."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponseBase
from django.test import Client

from tests.people import TestPerson

PREFIX = "/api/v1"


class Answer:
    """Status, headers and parsed body of one answer."""

    def __init__(self, response: HttpResponseBase) -> None:
        self.status = response.status_code
        self.headers = response.headers
        streaming = getattr(response, "streaming", False)
        self.content: bytes = b"".join(response) if streaming else response.content  # type: ignore[attr-defined, arg-type]
        kind = str(response.headers.get("Content-Type", ""))
        self.body: Any = json.loads(self.content) if "json" in kind and self.content else None

    def __repr__(self) -> str:
        return f"{self.status} {self.body if self.body is not None else self.content[:200]!r}"

    def is_problem(self, status: int, rule: str = "") -> bool:
        """Whether it is a problem document of this status and, where one is named, this rule."""
        assert self.status == status, self
        assert self.headers["Content-Type"] == "application/problem+json", self
        assert self.body["status"] == status
        assert self.body["title"] and self.body["detail"]
        return not rule or (self.body["rule"] == rule and bool(self.body["clause"]))


class Caller:
    """One person, or nobody, at the API."""

    def __init__(self, person: TestPerson | None = None) -> None:
        self.client = Client(raise_request_exception=False, headers={"user-agent": "pytest"})
        self.token = ""
        if person:
            answer = self.post("/sessions", {"user_id": person.user_id, "password": person.password})
            assert answer.status == 201, answer
            self.token = answer.body["token"]

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request; `body` is sent as JSON unless it is bytes, which go as they are."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = {"authorization": f"Bearer {self.token}"} if self.token else {}
        kind = headers.pop("content_type", "application/json")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.client.generic(  # the service answers to its own names only
            method,
            PREFIX + path,
            data,
            content_type=kind,
            headers={**given, **named},
            SERVER_NAME="localhost",
        )
        return Answer(response)

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """POST."""
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Answer:
        """PATCH."""
        return self.call("PATCH", path, body, **headers)
