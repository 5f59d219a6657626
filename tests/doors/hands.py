"""One person's hand at a door: the same five motions by page and by API, each told as an `Outcome`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.api.calling import PREFIX, Answer, Caller
from tests.doors.browser import Form, form_to, token_of
from tests.doors.refusing import Outcome, rule_on
from tests.people import TestPerson
from tests.web.conftest import Visitor, signed_in

ZONE = ZoneInfo("Europe/Zurich")
"""The zone of the test people's profiles, in which a page takes their times."""


class Hand(Protocol):
    """What a person can do at a door. `revision` 0 means: the one that the door shows now."""

    person: TestPerson

    def create(self, process: str, fields: dict[str, Any]) -> Outcome: ...
    def edit(
        self, number: str, fields: dict[str, Any], *, revision: int = 0, reason: str = ""
    ) -> Outcome: ...
    def step(
        self,
        number: str,
        name: str,
        fields: dict[str, Any] | None = None,
        *,
        password: str | None = None,
        revision: int = 0,
        reason: str = "",
    ) -> Outcome: ...
    def attach(self, number: str, name: str, content: bytes, to: str) -> Outcome: ...
    def link(self, number: str, kind: str, to: str, reason: str) -> Outcome: ...
    def listed(self, process: str, **filters: str) -> str: ...


class PageHand:
    """By the pages, as a browser does it: the form is read, typed into and submitted whole."""

    def __init__(self, person: TestPerson, declared: dict[str, Any]) -> None:
        self.person, self.declared = person, declared
        self.visitor: Visitor = signed_in(person)

    def create(self, process: str, fields: dict[str, Any]) -> Outcome:
        path = f"/processes/{process}/new"
        return self._submit(path, self._filled(path, fields))

    def edit(self, number: str, fields: dict[str, Any], *, revision: int = 0, reason: str = "") -> Outcome:
        path = f"/records/{number}/edit"
        form = self._filled(path, fields)
        form.type("reason", [reason])
        return self._submit(path, self._seen_at(form, revision))

    def step(
        self,
        number: str,
        name: str,
        fields: dict[str, Any] | None = None,
        *,
        password: str | None = None,
        revision: int = 0,
        reason: str = "",
    ) -> Outcome:
        path = f"/records/{number}/steps/{name}"
        form = self._filled(path, fields or {}, force=True)
        for at, said in (("password", password), ("reason", reason)):
            if said:
                form.type(at, [said], force=True)
        if "user_id" in form.inputs and password:
            form.type("user_id", [self.person.user_id])
        return self._submit(path, self._seen_at(form, revision))

    def attach(self, number: str, name: str, content: bytes, to: str) -> Outcome:
        form = self._form(f"/records/{number}", f"/records/{number}/attachments")
        form.type("field", [to])
        return self._submit(form.action, form, SimpleUploadedFile(name, content))

    def link(self, number: str, kind: str, to: str, reason: str) -> Outcome:
        form = self._form(f"/records/{number}", f"/records/{number}/links")
        for name, said in (("kind", kind), ("to", to), ("reason", reason)):
            form.type(name, [said])
        return self._submit(form.action, form)

    def listed(self, process: str, **filters: str) -> str:
        said = "&".join(f"{name}={value}" for name, value in filters.items())
        return self._text(f"/processes/{process}?{said}").split('id="results"')[-1]

    def page(self, number: str) -> str:
        """The record's own page."""
        return self._text(f"/records/{number}")

    # how a browser does it

    def _text(self, path: str) -> str:
        return Visitor.text(self.visitor.get(path))

    def _form(self, page: str, action: str) -> Form:
        return form_to(self._text(page), action)

    def _filled(self, path: str, fields: dict[str, Any], *, force: bool = False) -> Form:
        """The form of a page with values typed in, a row more asked for as often as is needed."""
        form = self._form(path, path)
        for name, value in fields.items():
            for at, said in typed(name, self.declared[name], value):
                if f"f.{at}" not in form.inputs and at.startswith(f"{name}.") and at.split(".")[1].isdigit():
                    form = form_to(self._submit(path, form, press=("add_row", name)).text, path)
                form.type(f"f.{at}", said, force=force)
        return form

    @staticmethod
    def _seen_at(form: Form, revision: int) -> Form:
        if revision:
            form.values["revision"] = [str(revision)]
        return form

    def _submit(
        self,
        path: str,
        form: Form,
        file: SimpleUploadedFile | None = None,
        press: tuple[str, str] | None = None,
    ) -> Outcome:
        data: dict[str, Any] = {name: [line_ends(v) for v in said] for name, said in form.values.items()}
        data |= {"file": file} if file else {}
        data |= {press[0]: press[1]} if press else {}
        answer = self.visitor.client.post(path, data)
        text = Visitor.text(answer)
        number = answer.headers.get("Location", "").partition("#")[0].rpartition("/")[2]
        return Outcome(answer.status_code, rule_on(text), number, text)

    def tampered(self, path: str, at: str, value: str) -> Outcome:
        """The form of a page with something posted that no browser would let through."""
        form = self._form(path, path)
        form.type(at, [value], force=True)
        return self._submit(path, form)

    def bare(self, path: str, data: dict[str, str]) -> Outcome:
        """A post without any form, with the token of some page."""
        token = token_of(self._text("/"))
        answer = self.visitor.client.post(path, {**data, "csrfmiddlewaretoken": token})
        text = Visitor.text(answer)
        return Outcome(answer.status_code, rule_on(text), "", text)


class ApiHand:
    """By `/api/v1`, with the bearer token of a session."""

    def __init__(self, person: TestPerson, declared: dict[str, Any]) -> None:
        self.person, self.declared = person, declared
        self.caller = Caller(person)

    def create(self, process: str, fields: dict[str, Any]) -> Outcome:
        return told(self.caller.post("/records", {"process": process, "fields": fields}))

    def edit(self, number: str, fields: dict[str, Any], *, revision: int = 0, reason: str = "") -> Outcome:
        seen = f'"{revision}"' if revision else self._read(number).headers["ETag"]
        return told(
            self.caller.patch(f"/records/{number}", {"fields": fields, "reason": reason}, if_match=seen)
        )

    def step(
        self,
        number: str,
        name: str,
        fields: dict[str, Any] | None = None,
        *,
        password: str | None = None,
        revision: int = 0,
        reason: str = "",
    ) -> Outcome:
        shown = self._read(number).body
        body: dict[str, Any] = {"revision": revision or shown["revision"], "fields": fields or {}}
        body |= {"reason": reason} if reason else {}
        if password:
            body["signature"] = {"user_id": self.person.user_id, "password": password}
        return told(self.caller.post(f"/records/{number}/steps/{name}", body))

    def attach(self, number: str, name: str, content: bytes, to: str) -> Outcome:
        given = {"file": SimpleUploadedFile(name, content), "field": to}
        bearer = {"authorization": f"Bearer {self.caller.token}"}
        path = f"{PREFIX}/records/{number}/attachments"
        return told(Answer(self.caller.client.post(path, given, headers=bearer, SERVER_NAME="localhost")))

    def link(self, number: str, kind: str, to: str, reason: str) -> Outcome:
        return told(self.caller.post(f"/records/{number}/links", {"kind": kind, "to": to, "reason": reason}))

    def listed(self, process: str, **filters: str) -> str:
        said = "&".join(f"{name}={value}" for name, value in filters.items())
        answer = self.caller.get(f"/records?process={process}&{said}")
        assert answer.status == 200, answer
        return " ".join(row["number"] for row in answer.body["items"])

    def _read(self, number: str) -> Answer:
        answer = self.caller.get(f"/records/{number}")
        assert answer.status == 200, answer
        return answer


def told(answer: Answer) -> Outcome:
    body = answer.body or {}
    return Outcome(answer.status, body.get("code", ""), body.get("number", ""), str(body))


def kind_of(declared: Any) -> str:
    """The type of a declared field, which may be written short."""
    return str(declared["type"] if isinstance(declared, dict) else declared)


def typed(at: str, declared: Any, value: Any) -> list[tuple[str, list[str]]]:
    """What a person types for a value: (place in the form, what stands there); attachments are no matter of typing."""
    kind = kind_of(declared)
    if kind == "group" and isinstance(value, dict):
        parts = declared["fields"]
        return [
            entry for part, inside in value.items() for entry in typed(f"{at}.{part}", parts[part], inside)
        ]
    if kind == "table" and isinstance(value, list):
        columns = declared["columns"]
        return [
            entry
            for place, row in enumerate(value)
            for column, inside in row.items()
            for entry in typed(f"{at}.{place}.{column}", columns[column], inside)
        ]
    if kind == "number" and isinstance(value, dict):
        return [(at, [str(value["value"])])]
    if kind == "multi-choice" and isinstance(value, list):
        return [(at, [str(v) for v in value])]
    if kind == "date-time" and "+" in str(value):
        local = datetime.fromisoformat(str(value)).astimezone(ZONE)
        return [(at, [local.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")])]
    return [(at, [str(value)])]


def line_ends(text: str) -> str:
    """Line ends as browsers send them."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n")
