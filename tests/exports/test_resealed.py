"""A bundle altered and sealed again by whoever holds the service's key but not the log's: each altered fact is named offline.

What no entry of the ledger tells cannot be found so; then the check says that it rests on the seal alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from indelible.exports.bundle.tables import records_table, whole_trail_table
from indelible.home.keys import app_signing_key
from indelible.home.layout import find_home
from indelible.kernel.audit.seal import origin
from indelible.ledger.note import Signer, sign
from tests import people
from tests.conftest import Database, point_django_at
from tests.exports.bundles import checked, made, repacked, sealed
from tests.exports.eventful import eventful_capa
from tests.exports.test_bundle import company, read  # noqa: F401  (a fixture)
from tests.people import ANA, INES, PETRA
from tests.workflow.carrying import Hand
from tests.workflow.carrying import checked as checked_capa

pytestmark = pytest.mark.urs("URS-CPY-03", "URS-LNK-01")
LONG_AGO = "2020-01-01T00:00:00+00:00"
Alteration = Callable[[dict[str, Any], list[dict[str, Any]]], object]


@pytest.fixture(scope="module")
def eventful(company: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """A slice with the CAPA and the deviation of `eventful_capa`."""
    point_django_at(company)
    folder = tmp_path_factory.mktemp("eventful")
    capa, _ = eventful_capa()
    ines = people.signed_in(INES)
    sealed(company, folder / "sealer")
    return made(ines, folder / "b.zip", numbers=[capa])


def service() -> Signer:
    home = find_home()
    return Signer(f"{origin(home)}/service", app_signing_key(home))


def resealed(path: Path, target: Path, change: dict[str, bytes | None], **about: Any) -> Path:
    """The bundle with files changed or left out, its manifest made to fit and sealed by the installation's own service key."""
    manifest = {**json.loads(read(path, "manifest.json")), **about}
    for name, content in change.items():
        if content is None:
            del manifest["files"][name]
        else:
            manifest["files"][name] = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    whole = json.dumps(manifest).encode()
    seal = sign(f"indelible-bundle/1\n{sha256(whole).hexdigest()}\n", [service()]).to_bytes()
    return repacked(path, target, {**change, "manifest.json": whole, "manifest.seal": seal})


def number_of(path: Path) -> str:
    return str(json.loads(read(path, "manifest.json"))["records"][0]["number"])


def altered(path: Path, target: Path, alteration: Alteration, *, tables: bool = True) -> Path:
    """The copy of the CAPA and signatures.json after the alteration, the tables made to fit, all sealed again."""
    numbers = [one["number"] for one in json.loads(read(path, "manifest.json"))["records"]]
    copies = [json.loads(read(path, f"records/{number}.json")) for number in numbers]
    signatures = json.loads(read(path, "signatures.json"))
    alteration(copies[0], signatures)
    copies[0]["record"]["signatures"] = copies[0]["signatures"]
    change: dict[str, bytes | None] = {
        f"records/{numbers[0]}.json": json.dumps(copies[0]).encode(),
        "signatures.json": json.dumps(signatures).encode(),
    }
    if tables:
        change |= {"records.csv": records_table(copies), "audit-trail.csv": whole_trail_table(copies)}
    return resealed(path, target, change)


def shown(part: str, value: Any, which: int = 0) -> Alteration:
    return lambda copy, _: copy["signatures"][which].update({part: value})


def both(part: str, value: Any) -> Alteration:
    def alteration(copy: dict[str, Any], signatures: list[dict[str, Any]]) -> None:
        copy["signatures"][0][part] = signatures[0][part] = value

    return alteration


def record(part: str, value: Any) -> Alteration:
    return lambda copy, _: copy["record"].update({part: value})


def line(action: str, part: str, value: Any) -> Alteration:
    """A line of the trail, the last one of this action."""
    return lambda copy, _: next(i for i in copy["audit_trail"][::-1] if i["action"] == action).update(
        {part: value}
    )


def person(part: str, value: str) -> Alteration:
    return lambda copy, _: copy["audit_trail"][1]["person"].update({part: value})


def change_of(field: str, side: str, value: Any) -> Alteration:
    def alteration(copy: dict[str, Any], _: Any) -> None:
        changes = [one for item in copy["audit_trail"] for one in item["changes"] if one["field"] == field]
        assert changes and changes[-1][side] != value, field
        changes[-1][side] = value

    return alteration


def without_change(field: str) -> Alteration:
    def alteration(copy: dict[str, Any], _: Any) -> None:
        item = next(i for i in copy["audit_trail"] if any(one["field"] == field for one in i["changes"]))
        item["changes"] = [one for one in item["changes"] if one["field"] != field]

    return alteration


def revision(part: str, value: Any) -> Alteration:
    return lambda copy, _: copy["revisions"][1].update({part: value})


def link(part: str, value: str) -> Alteration:
    return lambda copy, _: copy["record"]["links"][0].update({part: value})


def file(part: str, value: Any) -> Alteration:
    return lambda copy, _: copy["record"]["attachments"][0].update({part: value})


OTHER_FILE = {"kind": "x", "number": "DEV-1", "to": "DEV-1"}
ALTERATIONS: dict[str, tuple[Alteration, str]] = {
    "time of a signature in both files": (both("at", LONG_AGO), "shows it otherwise (its time)"),
    "the same, told in signatures.json": (both("at", LONG_AGO), "its time in signatures.json is not the one signed"),
    "time of a signature in the copy": (shown("at", LONG_AGO), "shows it otherwise (its time)"),
    "name of a signer in the copy": (shown("name", "Somebody Else"), "shows it otherwise (its name)"),
    "meaning in the copy": (shown("meaning", "Approval"), "shows it otherwise (its meaning)"),
    "components in the copy": (shown("components", ["password"]), "shows it otherwise (its components)"),
    "sealed in the copy": (shown("sealed", False), "had not sealed it, which it had"),
    "one that stands told as withdrawn": (shown("standing", "withdrawn"), "as “withdrawn”, the ledger makes it “stands”"),
    "one that stands told as invalid": (shown("standing", "invalid"), "as “invalid”, the ledger makes it “stands”"),
    "an outdated one told to stand": (shown("standing", "stands", 1), "as “stands”, the ledger makes it “earlier revision”"),
    "another outdated one": (shown("standing", "withdrawn", 3), "as “withdrawn”, the ledger makes it “earlier revision”"),
    "one taken back told to stand": (shown("standing", "stands", 5), "as “stands”, the ledger makes it “withdrawn”"),
    "signatures twice, differing": (lambda c, _: c.update(signatures=[dict(c["signatures"][0], id=99)]), "do not show the signatures"),
    "time of a revision": (revision("at", LONG_AGO), "revision 2: its time is not what the ledger says"),
    "name of a revision's author": (
        lambda c, _: c["revisions"][1]["person"].update(name="Somebody Else"),
        "revision 2: its author's name is not what the ledger says",
    ),
    "author of a revision": (
        lambda c, _: c["revisions"][1]["person"].update(user_id="eve"),
        "revision 2: its author is not what the ledger says",
    ),
    "reason of a revision": (revision("reason", "because of it"), "revision 2: its reason is not what the ledger says"),
    "list of a revision's changes": (revision("changed", []), "its list of what it changed is not what the ledger says"),
    "owner": (record("owner", "eve"), "its owner in the copy is not what the ledger says"),
    "time of making": (record("created_at", LONG_AGO), "its time of created in the copy is not what the ledger says"),
    "time of the last change": (record("updated_at", LONG_AGO), "its time of updated in the copy is not what"),
    "confidentiality": (record("confidentiality", "HR"), "its confidentiality class in the copy is not what"),
    "link put in": (lambda c, _: c["record"]["links"].append(OTHER_FILE), "does not hold its link to DEV-1"),
    "links left out": (record("links", []), "the copy leaves out its link “raised_by” to DEV-"),
    "link to another record": (link("number", "DEV-1999-00001"), "does not hold its link to DEV-1999-00001"),
    "direction of a link": (link("direction", "from"), "does not hold its link to DEV-"),
    "title of a linked record": (link("title", "Nothing"), "the title it tells of the linked DEV-"),
    "state of a linked record": (link("state", "closed"), "the state it tells of the linked DEV-"),
    "files left out": (record("attachments", []), "the copy lists 0 files, the ledger holds 2"),
    "name of a file": (file("name", "page 1.png"), "its name is not what the ledger says"),
    "time of a file": (file("at", LONG_AGO), "file page 12.png: its time is not what the ledger says"),
    "who gave a file": (file("by", "eve"), "its author is not what the ledger says"),
    "who signed a paper": (
        lambda c, _: c["record"]["attachments"][0]["handwritten"].update(signer="Eve Sorokin"),
        "who signed it by hand is not what the ledger says",
    ),
    "name in the trail": (person("name", "Somebody Else"), "its person's name is not what the ledger says"),
    "role in the trail": (person("role", "qa_approver"), "its person's role is not what the ledger says"),
    "user id in the trail": (person("user_id", "eve"), "its user id is not what the ledger says"),
    "time in the trail": (line("record.step", "at", LONG_AGO), "its time is not what the ledger says"),
    "part of a second in the trail": (
        lambda c, _: c["audit_trail"][0].update(at=c["audit_trail"][0]["at"][:19] + ".000001Z"),
        "its time is not what the ledger says",
    ),
    "for whom it was done": (line("record.step", "on_behalf_of", "eve"), "its person for whom it was done is not"),
    "object in the trail": (line("record.reassign", "object", "ana"), "its object is not what the ledger says"),
    "link's object left out": (line("record.step", "object", None), "its object is not what the ledger says"),
    "channel in the trail": (line("record.edit", "channel", "api"), "its channel is not what the ledger says"),
    "source in the trail": (line("record.edit", "source", "::1"), "its source is not what the ledger says"),
    "terminal in the trail": (line("record.edit", "terminal", "T1"), "its terminal is not what the ledger says"),
    "outcome in the trail": (line("record.edit", "outcome", "denied"), "its outcome is not what the ledger says"),
    "old value of a field": (change_of("root_cause", "old", "x"), "its old value of root_cause is not what"),
    "new value of a field": (change_of("root_cause", "new", "x"), "its new value of root_cause is not what"),
    "old state": (change_of("state", "old", "closed"), "its old value of state is not what the ledger says"),
    "new value of a cell": (change_of("actions[1].what", "new", "x"), "its new value of actions[1].what is not"),
    "old owner": (change_of("owner", "old", "eve"), "its old value of owner is not what the ledger says"),
    "new owner": (change_of("owner", "new", "eve"), "its new value of owner is not what the ledger says"),
    "name of a signature's row": (change_of("signature.name", "new", "x"), "its new value of signature.name is not"),
    "file in the trail": (change_of("file", "new", "x"), "its new value of file is not what the ledger says"),
    "link in the trail": (change_of("link", "new", "DEV-1"), "its new value of link is not what the ledger says"),
    "change left out": (without_change("root_cause"), "it leaves out the change of root_cause"),
    "line twice": (lambda c, _: c["audit_trail"].append(c["audit_trail"][0]), "stands twice in its audit trail"),
    "line of nothing": (
        lambda c, _: c["audit_trail"].append({**c["audit_trail"][0], "seq": 1}),
        "tells of an act that the ledger does not hold",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ALTERATIONS)
def test_a_copy_altered_and_sealed_again_is_named(eventful: Path, tmp_path: Path, name: str) -> None:
    alteration, told = ALTERATIONS[name]
    code, words = checked(altered(eventful, tmp_path / "x.zip", alteration))
    assert code == 1 and told in words, words


def test_an_owner_of_another_shape_is_named(eventful: Path, tmp_path: Path) -> None:
    shape = record("owner", {"user_id": "eve", "name": "Eve"})
    code, words = checked(altered(eventful, tmp_path / "x.zip", shape, tables=False))
    assert code == 1 and "its owner in the copy is not what the ledger says" in words, words


def test_untouched_it_is_whole_and_every_standing_is_derived(eventful: Path) -> None:
    code, words = checked(eventful)
    assert code == 0, words
    copy = json.loads(read(eventful, f"records/{number_of(eventful)}.json"))
    told = {(one["step"], one["standing"]) for one in copy["signatures"][:6]}
    assert {standing for _, standing in told} == {"stands", "earlier revision", "withdrawn"}
    assert "the standing of signature" not in words


def test_a_signature_that_a_step_back_ended_is_not_told_to_stand(
    company: Database,  # noqa: F811
    eventful: Path,
    tmp_path: Path,
) -> None:
    """Nor the last one, without a declaration either, to be of an earlier revision: nothing was written since."""
    point_django_at(company)
    ana, petra = Hand(ANA), Hand(PETRA)
    reopened = petra.sign(
        checked_capa(ana, petra), "reopen", {"result": "Two rejects."}, reason="missed in B"
    )
    ines = people.signed_in(INES)
    sealed(company, eventful.parent / "sealer")
    path = made(ines, tmp_path / "b.zip", numbers=[reopened.number])
    code, words = checked(path)
    assert code == 0, words
    code, words = checked(altered(path, tmp_path / "x.zip", shown("standing", "stands", 3)))
    assert code == 1 and "as “stands”, the ledger makes it “withdrawn”" in words, words
    earlier = resealed(path, tmp_path / "e.zip", dict.fromkeys(declarations(path)))
    code, words = checked(altered(earlier, tmp_path / "y.zip", shown("standing", "earlier revision", 4)))
    assert code == 1 and "the ledger makes it “stands”" in words, words


@pytest.mark.parametrize(
    ("name", "was", "new", "told"),
    [
        ("audit-trail.csv", b'"Ana Alvarez"', b'"Somebody Else"', "its “name” is not what the copy"),
        ("audit-trail.csv", b'"draft","investigation"', b'"draft","closed"', "its “new” is not what the copy"),
        ("audit-trail.csv", b'"second investigation"', b'"x"', "its “reason” is not what the copy"),
        ("audit-trail.csv", b'"at (UTC)"', b'"when"', "lacks a column"),
        ("records.csv", b'"raj"', b'"eve"', "its “owner id” is not what the copy"),
        ("records.csv", b'"medium"', b'"low"', "its “Risk (risk)” is not what the copy"),
        ("records.csv", b'"BSL"', b'"SIN"', "its “site” is not what the copy"),
    ],
)  # fmt: skip
def test_a_table_altered_and_sealed_again_is_named(
    eventful: Path, tmp_path: Path, name: str, was: bytes, new: bytes, told: str
) -> None:
    content = read(eventful, name)
    assert was in content
    code, words = checked(resealed(eventful, tmp_path / "x.zip", {name: content.replace(was, new, 1)}))
    assert code == 1 and told in words, words


def test_a_table_cut_or_no_table_is_named(eventful: Path, tmp_path: Path) -> None:
    for name in ("records.csv", "audit-trail.csv"):
        content = read(eventful, name)
        cut = content[: content[:-2].rindex(b"\r\n") + 2]
        for other, told in ((cut, f"{name} has "), (b"\xff", "is not UTF-8"), (b"", "lacks a column")):
            code, words = checked(resealed(eventful, tmp_path / "x.zip", {name: other}))
            assert code == 1 and told in words, words


def test_the_list_of_records_and_the_declaration_are_those_of_the_ledger(
    eventful: Path, tmp_path: Path
) -> None:
    about = json.loads(read(eventful, "manifest.json"))["records"]
    for part, value in (("title", "Nothing"), ("state", "closed"), ("revision", 1)):
        code, words = checked(
            resealed(eventful, tmp_path / "x.zip", {}, records=[{**about[0], part: value}, *about[1:]])
        )
        assert code == 1 and f"its {part} in the manifest is not what the ledger says" in words, words
    name = declarations(eventful)[0]
    more = read(eventful, name).replace(b'"draft"', b'"dratf"')
    code, words = checked(resealed(eventful, tmp_path / "x.zip", {name: more}))
    assert code == 1 and "is not the declaration that the ledger names" in words


def declarations(path: Path) -> list[str]:
    return [one for one in json.loads(read(path, "manifest.json"))["files"] if one.startswith("processes/")]


def test_a_bundle_of_an_earlier_version_is_whole_and_says_what_it_leaves_open(
    eventful: Path, tmp_path: Path
) -> None:
    """Those had no declarations: what follows without them is still found, the rest is told as resting on the seal."""
    earlier = resealed(eventful, tmp_path / "e.zip", dict.fromkeys(declarations(eventful)))
    code, words = checked(earlier)
    assert code == 0, words
    assert "Rests on the seal alone, too: the standing of signature" in words
    for which, told in ((3, "earlier revision"), (5, "stands")):
        code, words = checked(altered(earlier, tmp_path / "x.zip", shown("standing", "invalid", which)))
        assert code == 1 and "as “invalid”" in words, told


@pytest.mark.parametrize(
    ("alteration", "told"),
    [
        (record("site", "SIN"), "records/*.json, record: due, entered, flags, overdue"),
        (record("owner_name", "Eve Sorokin"), "the name of the owner of CAPA-"),
        (lambda c, _: c["people"].update(ana="Eve Sorokin"), "the name “Eve Sorokin” for the user id ana"),
        (shown("why", "all fine"), "signatures: why (its standing in words)"),
        (
            lambda c, _: c["audit_trail"][0]["changes"].append(
                {"field": "x", "label": "X", "old": "1", "new": "2"}
            ),
            "tells of rows that are not in this bundle (x)",
        ),
    ],
)  # fmt: skip
def test_what_no_entry_tells_is_said_to_rest_on_the_seal_alone(
    eventful: Path, tmp_path: Path, alteration: Alteration, told: str
) -> None:
    code, words = checked(altered(eventful, tmp_path / "x.zip", alteration))
    assert code == 0 and told in words, words
