"""A bundle altered and sealed again by whoever holds the service's key but not the log's: each altered fact is named offline.

What no entry of the ledger tells cannot be found so; then the check says that it rests on the seal alone.
"""

from __future__ import annotations

import json
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
from tests.exports.alterations import ALTERATIONS, Alteration, record, shown
from tests.exports.bundles import checked, made, repacked, sealed
from tests.exports.eventful import eventful_capa
from tests.exports.test_bundle import company, read  # noqa: F401  (a fixture)
from tests.people import ANA, INES, PETRA
from tests.workflow.carrying import Hand
from tests.workflow.carrying import checked as checked_capa

pytestmark = pytest.mark.urs("URS-CPY-03", "URS-LNK-01")


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
