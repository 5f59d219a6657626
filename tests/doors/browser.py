"""A browser without a screen and without JavaScript: it reads forms, types into what is there and submits all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Form:
    """A form as a page holds it: where it goes, what stands in it, what may be typed or chosen."""

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)
    inputs: set[str] = field(default_factory=set)
    options: dict[str, set[str]] = field(default_factory=dict)

    def type(self, name: str, said: list[str], *, force: bool = False) -> None:
        """Types or chooses; what has no input, or is no option, takes `force`: then it is somebody without a browser."""
        assert force or name in self.inputs, f"nothing to type {name} into: {sorted(self.inputs)}"
        offered = self.options.get(name)
        assert force or offered is None or set(said) <= offered, f"{said} is not offered by {name}"
        self.values[name] = said


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._template = 0
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "template":
            self._template += 1
        if self._template:
            return
        if tag == "form":
            self._open = Form(given.get("action", ""))
            self.forms.append(self._open)
        elif self._open is not None:
            self._control(self._open, tag, given)

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "input" and name:
            self._input(form, name, given)
        elif tag == "select" and name:
            self._select = name
            form.inputs.add(name)
            form.options[name] = set()
        elif tag == "option" and self._select:
            value = given.get("value", "")
            form.options[self._select].add(value)
            if "selected" in given or self._select not in form.values:
                form.values[self._select] = [value]
        elif tag == "textarea" and name:
            self._area = name
            form.inputs.add(name)
            form.values[name] = [""]

    @staticmethod
    def _input(form: Form, name: str, given: dict[str, str]) -> None:
        form.inputs.add(name)
        if given.get("type") == "checkbox":
            form.options.setdefault(name, set()).add(given.get("value", "on"))
            if "checked" in given:
                form.values.setdefault(name, []).append(given.get("value", "on"))
        elif given.get("type") != "file":
            form.values[name] = [given.get("value", "")]

    def handle_data(self, data: str) -> None:
        if self._area and self._open is not None:
            self._open.values[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._template -= 1
        elif tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


def form_to(page: str, action: str) -> Form:
    """The form of a page that goes to this address; AssertionError where there is none."""
    reader = _Reader()
    reader.feed(page)
    found = [form for form in reader.forms if form.action == action]
    assert found, f"no form to {action}, but to {[form.action for form in reader.forms]}"
    return found[0]


def token_of(page: str) -> str:
    """The CSRF token of any form of a page."""
    reader = _Reader()
    reader.feed(page)
    tokens: list[Any] = [form.values["csrfmiddlewaretoken"][0] for form in reader.forms]
    return str(tokens[0])
