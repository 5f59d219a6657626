"""The inspection bundle: whole it passes a stranger's check, altered in any way it fails and says where."""

from __future__ import annotations

import ast
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connections
from pypdf import PdfReader

from indelible.cli.export import handed_over, ordered
from indelible.cli.verify import verify_bundle
from indelible.exports.bundle import actions, held
from indelible.kernel.audit.types import EVERY_SITE, Refusal
from indelible.kernel.records.types import RecordFilter
from indelible.kernel.signatures.models import Signature
from indelible.kernel.workflow.actions import create_record, link_records, take_step
from indelible.kernel.workflow.withdrawal import name_of
from indelible.ledger.note import Signer, sign
from tests import people, seen
from tests.api.calling import PREFIX, Caller
from tests.api.deviations import FIRST
from tests.conftest import Database, clone, drop, point_django_at
from tests.exports.bundles import OFFLINE, checked, made, repacked, sealed, signed_capa, unpacked
from tests.people import ANA, INES, LIN
from tests.signatures.signing import later
from tests.web.conftest import signed_in as web_signed_in


@pytest.fixture(scope="module")
def company(server: Any, stocked_template: str) -> Iterator[Database]:
    """A clone that keeps its records for all tests of this file."""
    database = clone(server, stocked_template)
    point_django_at(database)
    yield database
    seen.collect(database.rows(seen.QUERY))
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
    number = json.loads(read(bundle, "manifest.json"))["records"][0]["number"]
    others = [n for (n,) in company.rows("select number from records_record") if n != number]
    assert others and not any(n.encode() in read(bundle, "ledger/entries") for n in others)
    with pytest.raises(Refusal) as caught:
        actions.bundle(people.signed_in(LIN), held.Order(numbers=[number]))
    assert caught.value.rule.code == "not_there"


def known(path: Path, name: str, tmp_path: Path) -> Path:
    """A file that the inspector kept from an earlier bundle."""
    kept = tmp_path / name.replace("/", "-")
    kept.write_bytes(read(path, name))
    return kept


@pytest.mark.urs("URS-CPY-03", "URS-AUD-03")
def test_a_whole_log_leaves_nothing_out_and_continues_an_earlier_checkpoint(
    company: Database, bundle: Path, tmp_path: Path
) -> None:
    point_django_at(company)
    number = json.loads(read(bundle, "manifest.json"))["records"][0]["number"]
    sealed(company, bundle.parent / "sealer")
    everywhere = replace(people.signed_in(INES), sites=EVERY_SITE)
    sealed(company, bundle.parent / "sealer")
    whole = made(everywhere, tmp_path / "w.zip", numbers=[number], whole=True)
    earlier = known(bundle, "ledger/checkpoint", tmp_path)
    policy = known(bundle, "policy", tmp_path)
    code, words = checked(whole, "--checkpoint", earlier, "--policy", policy)
    assert code == 0, words
    assert "The whole log is here" in words and "continues your checkpoint" in words
    other = tmp_path / "other"
    text = read(bundle, "ledger/checkpoint").decode()
    other.write_text(text.replace("\n\n", "x\n\n", 1))
    assert checked(whole, "--checkpoint", other)[0] == 1


def test_what_may_not_leave_is_refused_and_written_down(
    company: Database, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_django_at(company)
    number = json.loads(read(bundle, "manifest.json"))["records"][0]["number"]
    monkeypatch.setattr(held, "SEALED_WITHIN", 0.0)
    fresh = signed_capa(people.signed_in(ANA))
    ana = people.signed_in(ANA)
    for who, order, code in (
        (ana, held.Order(numbers=[number], whole=True), "bundle_whole_log"),
        (ana, held.Order(numbers=[fresh]), "bundle_not_sealed"),
        (ana, held.Order(numbers=[number], purpose="x"), "reason"),
    ):
        with pytest.raises(Refusal) as caught:
            actions.bundle(who, order)
        assert code in caught.value.rule.code
        seen.rules.add(caught.value.rule.code)
    monkeypatch.setattr(held, "MOST_RECORDS", 1)
    with pytest.raises(Refusal) as caught:
        actions.bundle(ana, held.Order(wanted=RecordFilter(process="capa")))
    seen.rules.add(caught.value.rule.code)
    denied = {
        r for (r,) in company.rows("select split_part(rule, ' ', 2) from audit.act where outcome = 'denied'")
    }
    assert {"bundle_whole_log", "bundle_not_sealed", "bundle_too_many"} <= denied


@pytest.mark.urs("URS-CPY-03", "URS-CPY-02")
def test_every_door_hands_it_out(company: Database, bundle: Path, tmp_path: Path, capsys: Any) -> None:
    point_django_at(company)
    number = json.loads(read(bundle, "manifest.json"))["records"][0]["number"]
    ines, page = Caller(INES), web_signed_in(INES)
    sealed(company, bundle.parent / "sealer")
    answer = ines.client.get(
        f"{PREFIX}/records/{number}/copy?format=bundle&purpose=inspection%20of%20line%203",
        headers={"authorization": f"Bearer {ines.token}"},
        SERVER_NAME="localhost",
    )
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/zip"
    taken = {"api": b"".join(answer.streaming_content)}
    assert sha256(taken["api"]).hexdigest() == answer.headers["X-Content-SHA256"]
    sealed(company, bundle.parent / "sealer")
    assert f"/records/{number}/copy?format=bundle" in page.text(page.get(f"/records/{number}"))
    taken["page"] = b"".join(page.get(f"/records/{number}/copy?format=bundle").streaming_content)
    sealed(company, bundle.parent / "sealer")
    out = tmp_path / "cli.zip"
    handed_over(
        people.signed_in(INES),
        ordered([], "process=capa", links=True, whole=False, purpose="", recipient=""),
        out,
    )
    taken["cli"] = out.read_bytes()
    for door, content in taken.items():
        path = tmp_path / f"{door}.zip"
        path.write_bytes(content)
        code, words = checked(path)
        assert code == 0, (door, words)
    verify_bundle(out, as_json=True)
    assert json.loads(capsys.readouterr().out)["clean"]
    bad = repacked(out, tmp_path / "bad.zip", {"records.csv": b"x"})
    with pytest.raises(typer.Exit):
        verify_bundle(bad, as_json=False)
    assert "records.csv was changed" in capsys.readouterr().out


@pytest.mark.urs("URS-CPY-03", "URS-CPY-02")
def test_a_capa_goes_with_the_records_it_links_to(company: Database, bundle: Path, tmp_path: Path) -> None:
    point_django_at(company)
    ana = people.signed_in(ANA)
    capa = signed_capa(ana)
    deviation = str(create_record(ana, "deviation", FIRST).number)
    link_records(ana, capa, "raised_by", deviation, reason="the deviation led to this CAPA")
    sealed(company, bundle.parent / "sealer")
    path = made(people.signed_in(INES), tmp_path / "l.zip", numbers=[capa])
    assert [one["number"] for one in json.loads(read(path, "manifest.json"))["records"]] == [capa, deviation]
    code, words = checked(path)
    assert code == 0, words
    assert b"records_link" in read(path, "ledger/entries")


@pytest.mark.urs("URS-LNK-04", "URS-CPY-03", "URS-MAN-04")
def test_a_withdrawn_signature_is_told_so_in_the_copy_and_offline(
    company: Database, bundle: Path, tmp_path: Path
) -> None:
    point_django_at(company)
    ana = people.signed_in(ANA)
    number = signed_capa(ana)
    people.shown(ana, number)
    components = later(ANA, meaning="Withdrawal of ‘Responsibility for the report’")
    take_step(
        ana,
        number,
        name_of(Signature.objects.latest("id")),
        revision=1,
        reason="the wrong vial",
        signature=components,
    )
    sealed(company, bundle.parent / "sealer")
    path = made(people.signed_in(INES), tmp_path / "w.zip", numbers=[number])
    code, words = checked(path)
    assert code == 0, words
    name = f"records/{number}.json"
    copy = json.loads(read(path, name))
    assert [one["standing"] for one in copy["signatures"]] == ["withdrawn", "stands"]
    text = " ".join(
        page.extract_text() for page in PdfReader(io.BytesIO(read(path, name[:-4] + "pdf"))).pages
    )
    assert "all that were given are withdrawn" in text and "its signer took it back" in text
    assert "Withdraw a signature" in text
    signatures = json.loads(read(path, "signatures.json"))
    for change, told in (
        (lambda c: c["signatures"][0].update(standing="stands"), "which the copy tells otherwise"),
        (
            lambda c: c["signatures"][1].update(meaning="Approval"),
            "the copy of the record shows it otherwise",
        ),
        (lambda c: c["signatures"].pop(), "do not show the signatures"),
    ):
        altered = json.loads(json.dumps(copy))
        change(altered)
        put = {name: json.dumps(altered).encode()}
        code, words = checked(rebuilt(path, tmp_path / "x.zip", put, own_key=True))
        assert code == 1 and told in words, (told, words)
    del signatures[0]
    put = {"signatures.json": json.dumps(signatures).encode()}
    code, words = checked(rebuilt(path, tmp_path / "y.zip", put, own_key=True))
    assert code == 1 and "is not the one it was signed for" in words
