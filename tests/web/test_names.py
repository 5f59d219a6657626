"""One word at every door: the pages' forms name their inputs as the API names its fields."""

from __future__ import annotations

import re

from django.http import QueryDict

from indelible.web.drafts import kept_names
from tests.people import ANA
from tests.web.conftest import Visitor
from tests.web.test_walk import open_deviation


def names(text: str, action: str) -> set[str]:
    """The names of a form's inputs, without its plumbing."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', text, re.S)
    assert form is not None, action
    found = set(re.findall(r'<(?:input|textarea|select)[^>]*\bname="([^"]+)"', form[0]))
    return found - {"csrfmiddlewaretoken", "next", "draft", "revision"}


def test_sign_in_and_unlock(visitor: Visitor, ana: Visitor) -> None:
    assert names(visitor.text(visitor.get("/sign-in")), "/sign-in") == {"user_id", "password", "otp"}
    ana.post("/lock", page="/account/password")
    assert names(ana.text(ana.get("/locked")), "/unlock") == {"user_id", "password"}


def test_signing_and_own_password(ana: Visitor) -> None:
    step = f"{open_deviation(ana)}/steps/report"
    assert {"user_id", "password"} <= names(ana.text(ana.get(step)), step)
    page = ana.text(ana.get("/account/password"))
    wanted = {"user_id", "password", "new_password", "new_password_again"}
    assert names(page, "/account/password") == wanted


def test_the_words_of_before_are_not_understood(visitor: Visitor) -> None:
    assert visitor.post("/sign-in", {"user": ANA.user_id, "secret": ANA.password}).status_code == 401


def test_an_id_beside_a_password_is_no_part_of_a_draft() -> None:
    assert kept_names(QueryDict("user_id=ana&password=x&reason=why")) == ["reason"]
    assert kept_names(QueryDict("user_id=nela&name=Nela")) == ["user_id", "name"]
