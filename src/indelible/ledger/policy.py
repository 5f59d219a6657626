"""Trust policies (C2SP tlog-policy): which logs and witnesses a reader believes, and how many witnesses must vouch.

log <vkey> [<url>]\\n
witness <name> <vkey> [<url>]\\n
group <name> <all|any|k> <member>...\\n    members are witnesses and groups of the lines above
quorum <name>\\n                           a witness, a group, or `none`
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from indelible.ledger import checkpoint, note
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.faults import Malformed, Mismatch
from indelible.ledger.note import COSIGNATURE, ED25519, Verifier

NONE = "none"
"""The quorum that asks for no cosignature; no witness or group can have this name."""
MOST_BYTES = 65_536
MOST = 64
"""Logs, witnesses and groups, each; C2SP recommends to read at least 32."""

_BLANK = re.compile(r"[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_COUNT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True)
class Log:
    """A log that is believed: its key, whose name is the log's origin, and where it is, if said."""

    key: Verifier
    url: str = ""


@dataclass(frozen=True)
class Witness:
    """A witness: its name in this policy, its key (type 0x04), and where it is, if said."""

    name: str
    key: Verifier
    url: str = ""


@dataclass(frozen=True)
class Group:
    """Vouches when at least `needed` of its members do; members are witnesses and groups that come before it."""

    name: str
    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Vouched:
    """A checkpoint that a policy accepts, and which of its witnesses cosigned it: name to seconds since 1970 UTC."""

    checkpoint: Checkpoint
    witnesses: dict[str, int]


@dataclass(frozen=True)
class Policy:
    """Raises Malformed where a name is missing, used twice or unknown, a key appears twice, or a group cannot be met."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NONE

    def __post_init__(self) -> None:
        if max(len(self.logs), len(self.witnesses), len(self.groups)) > MOST:
            raise Malformed(f"The policy has more than {MOST} logs, witnesses or groups.")
        _check_keys("log", ED25519, [one.key for one in self.logs])
        _check_keys("witness", COSIGNATURE, [one.key for one in self.witnesses])
        for url in [one.url for one in self.logs] + [one.url for one in self.witnesses]:
            _check_word(url or "-")
        defined = _defined(self.witnesses, self.groups)
        if self.quorum != NONE and self.quorum not in defined:
            raise Malformed(f"The policy's quorum {self.quorum!a} is no witness and no group of it.")

    def is_met(self, cosigned: Collection[str]) -> bool:
        """Whether these witnesses, by their names in this policy, are a quorum; names it does not know count nothing."""
        vouching = {one.name for one in self.witnesses} & set(cosigned)
        for group in self.groups:
            if sum(member in vouching for member in group.members) >= group.needed:
                vouching.add(group.name)
        return self.quorum == NONE or self.quorum in vouching

    def opened(self, data: bytes) -> Vouched:
        """The checkpoint in a signed note, if a log of this policy signed it under its own name as origin and a quorum
        cosigned it. Raises Malformed, or Mismatch for a wrong signature, a foreign log or too few witnesses."""
        found = note.open_note(data, self._keys())
        read = checkpoint.parse(found.text)
        signed = {(one.name, one.key_id): one for one in found.verified}
        origins = {one.key.name for one in self.logs if (one.key.name, one.key.key_id) in signed}
        if read.origin not in origins:
            raise Mismatch(f"No log of the policy has signed this checkpoint of {read.origin}.")
        times = {
            one.name: note.cosignature_time(signed[one.key.name, one.key.key_id].payload)
            for one in self.witnesses
            if (one.key.name, one.key.key_id) in signed
        }
        if not self.is_met(times):
            raise Mismatch(f"The witnesses that cosigned ({', '.join(times) or 'nobody'}) are no quorum.")
        return Vouched(read, times)

    def _keys(self) -> list[Verifier]:
        return [one.key for one in self.logs] + [one.key for one in self.witnesses]

    def to_bytes(self) -> bytes:
        """The policy file, as this log writes it: logs, witnesses, groups, quorum."""
        lines = [
            *(["log", one.key.vkey(), one.url] for one in self.logs),
            *(["witness", one.name, one.key.vkey(), one.url] for one in self.witnesses),
            *(["group", one.name, str(one.needed), *one.members] for one in self.groups),
            ["quorum", self.quorum],
        ]
        text = "".join(" ".join(word for word in line if word) + "\n" for line in lines)
        return text.encode(errors="surrogateescape")


def of_count(log: Verifier, witnesses: Iterable[Witness], needed: int) -> Policy:
    """The policy of one log of whose witnesses any `needed` must cosign; without witnesses, none must."""
    known = tuple(witnesses)
    if not known:
        return Policy((Log(log),))
    name = "witnesses"
    while name in {one.name for one in known}:
        name += "-"
    return Policy((Log(log),), known, (Group(name, needed, tuple(one.name for one in known)),), name)


def parse(data: bytes) -> Policy:
    """Reads a policy file; raises Malformed, naming the line, for everything the specification does not allow."""
    if len(data) > MOST_BYTES:
        raise Malformed("The policy is larger than any real one.")
    text = data.decode(errors="surrogateescape")
    if _CONTROL.search(text) or not text.endswith("\n"):
        raise Malformed(
            "A policy is lines of text, each ended by a newline, with no other control characters."
        )
    reading = _Reading()
    for number, line in enumerate(text[:-1].split("\n"), 1):
        words = [word for word in _BLANK.split(line) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            reading.take(words)
        except Malformed as fault:
            raise Malformed(f"Line {number} of the policy: {fault}") from fault
    return reading.policy()


@dataclass
class _Reading:
    """What the lines read so far have defined; `take` refuses a line that uses a name no line above it defines."""

    logs: list[Log] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorum: str = ""

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) < 2:
                self.logs.append(Log(_key(vkey), *url))
            case ["witness", name, vkey, *url] if len(url) < 2:
                self.witnesses.append(Witness(name, _key(vkey), *url))
            case ["group", name, count, *members] if members:
                self.groups.append(Group(name, _needed(count, len(members)), tuple(members)))
                _defined(self.witnesses, self.groups)
            case ["quorum", name] if not self.quorum:
                if name != NONE and name not in _defined(self.witnesses, self.groups):
                    raise Malformed(f"no line above defines {name!a}.")
                self.quorum = name
            case _:
                raise Malformed("it is no log, witness, group or (single) quorum line.")
        if max(len(self.logs), len(self.witnesses), len(self.groups)) > MOST:
            raise Malformed(f"a policy has at most {MOST} logs, witnesses and groups each.")

    def policy(self) -> Policy:
        if not self.quorum:
            raise Malformed("The policy has no quorum line.")
        return Policy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum)


def _key(vkey: str) -> Verifier:
    if any("\ud800" <= char <= "\udfff" for char in vkey):
        raise Malformed("a key line is not UTF-8.")
    return note.parse_vkey(vkey)


def _needed(count: str, members: int) -> int:
    if count in ("all", "any"):
        return members if count == "all" else 1
    if not _COUNT.fullmatch(count):
        raise Malformed(f"{count!a} is neither all, any nor a number.")
    return int(count)


def _check_keys(what: str, kind: int, keys: list[Verifier]) -> None:
    if any(key.type != kind for key in keys):
        raise Malformed(f"A key of a {what} in the policy is of type 0x{kind:02x}, and one is not.")
    if len({key.public for key in keys}) != len(keys):
        raise Malformed(f"The policy has one {what} twice: the same public key.")


def _defined(witnesses: Iterable[Witness], groups: Iterable[Group]) -> set[str]:
    """All names, each defined once, each member of one group at most and defined before it; raises Malformed else."""
    names: set[str] = {NONE}
    members: set[str] = set()
    for name in (one.name for one in witnesses):
        _define(name, names)
    for group in groups:
        for member in group.members:
            if member not in names - {NONE}:
                raise Malformed(
                    f"the group {group.name!a} has a member {member!a} that no line above defines."
                )
            if member in members:
                raise Malformed(f"{member!a} is a member of groups twice.")
            members.add(member)
        if not 1 <= group.needed <= len(group.members):
            raise Malformed(f"the group {group.name!a} needs {group.needed} of {len(group.members)} members.")
        _define(group.name, names)
    return names - {NONE}


def _define(name: str, names: set[str]) -> None:
    _check_word(name)
    if name in names:
        raise Malformed(f"the name {name!a} is defined twice, or the policy's own word.")
    names.add(name)


def _check_word(word: str) -> None:
    if not word or _CONTROL.search(word) or re.search(r"[ \t\n]", word):
        raise Malformed(f"{word!a} cannot stand in a policy as one word.")
