"""Browsers without a screen: Django's test client with CSRF on, signed in through the sign-in page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Database
from tests.people import ANA, TestPerson


class Visitor:
    """One person at a browser: follows forms as a browser would, token included."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True, headers={"user-agent": "Visitor", "host": "localhost"})

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)

    def post(self, path: str, fields: dict[str, Any] | None = None, *, page: str = "/sign-in") -> Any:
        """Posts with the CSRF token of a page."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.text(self.get(page)))
        token = found[1] if found else ""
        return self.client.post(path, {**(fields or {}), "csrfmiddlewaretoken": token})

    def sign_in(self, person: TestPerson, password: str = "") -> Any:
        return self.post("/sign-in", {"user_id": person.user_id, "password": password or person.password})

    @staticmethod
    def text(response: Any) -> str:
        return str(response.content.decode())


@pytest.fixture
def visitor(stocked: Database) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor()


@pytest.fixture
def ana(stocked: Database) -> Visitor:
    """Ana, an author, signed in."""
    return signed_in(ANA)


def signed_in(person: TestPerson) -> Visitor:
    """A browser of its own in which this person is signed in."""
    made = Visitor()
    response = made.sign_in(person)
    assert response.status_code == 302, made.text(response)
    return made
