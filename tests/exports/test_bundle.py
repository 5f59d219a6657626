"""The inspection bundle: whole it passes a stranger's check, altered in any way it fails and says where."""

from __future__ import annotations

import ast
import json
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connections

from indelible.exports.bundle import actions
from indelible.ledger.note import Signer, sign
from tests import people
from tests.conftest import Database, clone, drop, point_django_at
from tests.exports.bundles import OFFLINE, checked, made, repacked, sealed, signed_capa, unpacked
from tests.people import ANA, INES, LIN


@pytest.fixture(scope="module")
def company(server: Any, stocked_template: str) -> Iterator[Database]:
    """A clone that keeps its records for all tests of this file."""
    database = clone(server, stocked_template)
    point_django_at(database)
    yield database
    connections.close_all()
    drop(database)


@pytest.fixture(scope="module")
def bundle(company: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A slice with one signed CAPA, taken by an inspector; another record stands in the log beside it."""
    folder = tmp_path_factory.mktemp("bundle")
    number = signed_capa(people.signed_in(ANA))
    signed_capa(people.signed_in(ANA))
    ines = people.signed_in(INES)
    sealed(company, folder / "sealer")
    return made(ines, folder / "b.zip", numbers=[number], purpose="inspection of line 3", recipient="FDA")


def read(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as zipped:
        return zipped.read(name)


@pytest.mark.urs("URS-CPY-03", "URS-CPY-02")
def test_a_good_bundle_passes_zipped_and_unpacked(bundle: Path, tmp_path: Path) -> None:
    code, words = checked(bundle)
    assert code == 0, words
    assert "This bundle is whole." in words and "This is a slice" in words
    folder = unpacked(bundle, tmp_path / "u")
    code, words = checked(program=folder / "verify.py", cwd=tmp_path)
    assert code == 0, words
    assert checked(folder)[0] == 0, "the check left nothing behind in the folder"


@pytest.mark.urs("URS-AUD-09")
def test_the_export_stands_in_the_trail(bundle: Path, company: Database) -> None:
    rows = company.rows(
        "select user_id, object, reason, detail ->> 'count', detail ->> 'for' from audit.act where action = 'record.bundle'"
        " and outcome = 'done' order by id limit 1"
    )
    digest = sha256(bundle.read_bytes()).hexdigest()
    assert rows == [("ines", f"bundle, SHA-256 {digest}", "inspection of line 3", "1", "FDA")]


@pytest.mark.urs("URS-CPY-03")
def test_each_change_is_named(bundle: Path, tmp_path: Path) -> None:
    number = json.loads(read(bundle, "manifest.json"))["records"][0]["number"]
    name = f"records/{number}.json"
    table = read(bundle, "audit-trail.csv")
    for change, told in (
        ({"audit-trail.csv": table.replace(b"C", b"D", 1)}, "audit-trail.csv was changed"),
        ({"records.csv": None}, "records.csv was removed"),
        ({"more.txt": b"x"}, "more.txt was added"),
        ({name: read(bundle, name).replace(b'"title": "', b'"title": "x', 1)}, f"{name} was changed"),
        (
            {"manifest.json": read(bundle, "manifest.json").replace(b"FDA", b"EMA")},
            "changed after it was sealed",
        ),
        ({"policy": None}, "policy is missing"),
        ({"manifest.seal": None}, "manifest.seal is missing"),
    ):
        code, words = checked(repacked(bundle, tmp_path / "x.zip", change))
        assert code == 1 and told in words, (told, words)


def rebuilt(bundle: Path, target: Path, change: dict[str, bytes], *, own_key: bool) -> Path:
    """What a third party does: alters files, makes the manifest anew and seals it with a key of its own."""
    manifest = json.loads(read(bundle, "manifest.json"))
    keys = json.loads(read(bundle, "keys.json"))
    name = keys["service"].split("+")[0]
    signer = Signer(name, Ed25519PrivateKey.generate())
    if own_key:
        change = {**change, "keys.json": json.dumps({**keys, "service": signer.verifier.vkey()}).encode()}
    for one, content in change.items():
        manifest["files"][one] = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    whole = json.dumps(manifest).encode()
    seal = sign(f"indelible-bundle/1\n{sha256(whole).hexdigest()}\n", [signer]).to_bytes()
    return repacked(bundle, target, {**change, "manifest.json": whole, "manifest.seal": seal})


@pytest.mark.urs("URS-CPY-03", "URS-LNK-01", "URS-VAL-09")
def test_a_manifest_rebuilt_by_a_third_party_fails(bundle: Path, tmp_path: Path) -> None:
    code, words = checked(rebuilt(bundle, tmp_path / "a.zip", {"records.csv": b"x"}, own_key=False))
    assert code == 1 and "not sealed by the installation" in words
    code, words = checked(rebuilt(bundle, tmp_path / "b.zip", {"records.csv": b"x"}, own_key=True))
    assert code == 1 and "not attested by the key that sealed" in words
    number = json.loads(read(bundle, "manifest.json"))["records"][0]["number"]
    name = f"records/{number}.json"
    copy = json.loads(read(bundle, name))
    for change, told in (
        (lambda c: c["record"].update(title="another"), "its title in the copy"),
        (lambda c: c["revisions"][0]["fields"].update(problem="x"), "does not give its digest"),
        (lambda c: c["audit_trail"].pop(), "leaves out act"),
        (lambda c: c["audit_trail"][0].update(reason="because of it"), "not what the ledger says"),
    ):
        altered = json.loads(json.dumps(copy))
        change(altered)
        code, words = checked(
            rebuilt(bundle, tmp_path / "c.zip", {name: json.dumps(altered).encode()}, own_key=True)
        )
        assert code == 1 and told in words, (told, words)
    signatures = json.loads(read(bundle, "signatures.json"))
    signatures[0]["name"] = "Somebody Else"
    code, words = checked(
        rebuilt(
            bundle, tmp_path / "d.zip", {"signatures.json": json.dumps(signatures).encode()}, own_key=True
        )
    )
    assert code == 1 and "its name is not the one signed" in words
    code, words = checked(rebuilt(bundle, tmp_path / "e.zip", {"signatures.json": b"[]"}, own_key=True))
    assert code == 1 and "one was left out" in words


def test_the_program_is_written_for_python_3_9_with_the_standard_library_alone() -> None:
    for path in [OFFLINE / "verify.py", *(OFFLINE / "verify").glob("*.py")]:
        tree = ast.parse(path.read_text(), feature_version=(3, 9))
        named = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert not [one for one in named if one and one.split(".")[0] in ("indelible", "cryptography")]
        assert ".bit_count(" not in path.read_text()


@pytest.mark.urs("URS-AUT-06")
def test_a_bundle_holds_only_what_its_taker_may_see(company: Database, bundle: Path) -> None:
    point_django_at(company)
    from indelible.kernel.audit.types import Refusal

    number = json.loads(read(bundle, "manifest.json"))["records"][0]["number"]
    others = [n for (n,) in company.rows("select number from records_record") if n != number]
    assert others and not any(n.encode() in read(bundle, "ledger/entries") for n in others)
    with pytest.raises(Refusal) as caught:
        actions.bundle(people.signed_in(LIN), actions.Order(numbers=[number]))
    assert caught.value.rule.code == "not_there"
