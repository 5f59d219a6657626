"""Reads declaration files: YAML with nothing clever in it, then the checks of the kernel."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml

from indelible.kernel.workflow.checks import check, parse
from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.faults import Fault, Faulty

SIZE_LIMIT: Final = 262_144
"""Largest declaration file in bytes."""


class _PlainLoader(yaml.SafeLoader):
    """YAML without surprises: no aliases, no duplicate keys, no dates, no yes/no/on/off, decimals as typed."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not used in declarations")
        return super().compose_node(parent, index)


class DuplicateKey(yaml.YAMLError):
    """The same key stands twice in one mapping: one of the two would be lost in silence."""


def _mapping(loader: _PlainLoader, node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise yaml.YAMLError(f"a key is a word, not {key!r}")
        if key in found:
            raise DuplicateKey(f"{key!r} stands twice, line {key_node.start_mark.line + 1}")
        found[key] = loader.construct_object(value_node, deep=True)
    return found


def _boolean(_: _PlainLoader, node: yaml.ScalarNode) -> bool:
    return str(node.value) == "true"


_PlainLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
_PlainLoader.add_constructor("tag:yaml.org,2002:bool", _boolean)
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789"),
    ("null", r"^(?:null|)$", ["n", ""]),
):
    _PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def read(text: str | bytes) -> Any:
    """Plain data from YAML; raises Faulty (`too_large`, `duplicate_key`, `yaml_unreadable`)."""
    raw = text.encode() if isinstance(text, str) else text
    if len(raw) > SIZE_LIMIT:
        raise Faulty([Fault("too_large", "the file", f"a declaration has at most {SIZE_LIMIT} bytes")])
    try:
        return yaml.load(raw, Loader=_PlainLoader)  # noqa: S506  (a SafeLoader that takes less, not more)
    except DuplicateKey as error:
        raise Faulty([Fault("duplicate_key", "the file", str(error))]) from None
    except (yaml.YAMLError, RecursionError, UnicodeDecodeError) as error:
        raise Faulty([Fault("yaml_unreadable", "the file", str(error))]) from None


def load(
    texts: Iterable[str | bytes], *, known: Mapping[str, Declaration] | None = None
) -> dict[str, Declaration]:
    """Declarations by code, checked each by itself and beside each other and those already in force.

    Raises Faulty with the faults of the first text that has any.
    """
    parsed: dict[str, Declaration] = {}
    for text in texts:
        declaration = parse(read(text))
        if declaration.process in parsed:
            raise Faulty(
                [Fault("duplicate_process", "process", f"{declaration.process!r} is declared twice")]
            )
        parsed[declaration.process] = declaration
    for declaration in parsed.values():
        check(declaration, {**(known or {}), **parsed})
    return parsed


def shipped() -> dict[str, Declaration]:
    """The processes that come with the product, by code, in the order of their codes."""
    return load(path.read_bytes() for path in shipped_files())


def shipped_files() -> list[Path]:
    """The declaration files of the room `processes`, in order of name."""
    folder = Path(str(files("indelible.processes")))
    return sorted(folder.glob("*.yaml"))
