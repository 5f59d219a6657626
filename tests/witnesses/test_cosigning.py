"""Two processes, two homes: the ledger of a service and `indelible witness`; growth, replay, fork, restored backup."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.db import connections

from indelible.home.outside import Outside, WitnessAddress
from indelible.jobs import anchors as anchoring
from indelible.jobs.sealer import LedgerBroken, NotSealed
from indelible.jobs.verification import examine
from indelible.jobs.witnessing import Outcome
from indelible.kernel.audit import anchors, events, seal
from indelible.kernel.identity.actions import approve_epoch, propose_epoch
from indelible.ledger import cosignature, note, witness_folder
from indelible.ledger.leaf import leaf_hash
from tests import people
from tests.cli.conftest import wait_until
from tests.cli.test_witness import command
from tests.ledger.growing import Log
from tests.witnesses.conftest import Place, Witnessing

pytestmark = [pytest.mark.urs("URS-AUD-03", "URS-BCK-02"), pytest.mark.slow]
Start = Callable[..., Witnessing]


def test_growth_is_cosigned_and_the_receipt_stands_in_the_ledger(place: Place, witness: Start) -> None:
    one = witness()
    working = place.anchors(one.only())
    for titles in (("C",), ("D", "E"), tuple("FGHIJKLMN")):
        place.write(*titles)
        size, text = place.database.rows(
            "select size, note from audit.checkpoint order by size desc limit 1"
        )[0]
        (answer,) = working.beat(now=True)
        assert answer.outcome is Outcome.COSIGNED and answer.size == size
        receipt = place.receipts()[-1]
        assert {key: receipt[key] for key in ("receipt", "size", "witness")} == {
            "receipt": "cosignature",
            "size": size,
            "witness": "w.example/qa",
        }
        head = note.parse(text.encode()).text
        made = cosignature.check(receipt["line"], head, [cosignature.witness_verifier(one.vkey)])
        assert abs(made.time - time.time()) < 30
    before = place.seal()
    assert (
        place.database.rows("select count(*) from audit.leaf")[0][0] == before
    )  # receipts are sealed like any entry
    kept = anchors.read_cosigned(place.home.sealer, "qa")
    assert len(note.parse(kept).signatures) == 2
    assert place.anchors(one.only()).standing["qa"].size == receipt["size"]


def test_a_larger_ledger_is_proven_from_any_size_to_any_other(place: Place, witness: Start) -> None:
    working = place.anchors(witness().only())
    working.beat(now=True)
    for many in (255, 300, 700):
        place.write(*[f"S{many}.{number}" for number in range(many)])
        assert [one.outcome for one in working.beat(now=True)] == [Outcome.COSIGNED]


def test_what_it_forgot_it_asks_the_witness(place: Place, witness: Start) -> None:
    """The file beside the sealer's state is a memory, not a condition: 409 tells the size, the next question succeeds."""
    one = witness()
    place.anchors(one.only()).beat(now=True)
    (place.home.sealer / anchors.COSIGNED_FOLDER / "qa").write_bytes(b"spoiled")
    place.write("C")
    assert place.anchors(one.only()).beat(now=True)[0].outcome is Outcome.COSIGNED


def test_it_asks_each_minute_at_once_for_a_signature_and_hourly_for_nothing(
    place: Place, witness: Start
) -> None:
    working = place.anchors(witness().only())
    assert len(working.beat()) == 1
    place.write("C")
    assert working.beat() == []
    place.clock.now += 61
    assert len(working.beat()) == 1
    place.seal()  # the receipt itself: nothing that a witness must be asked about
    place.clock.now += 61
    assert working.beat() == []
    place.clock.now += 3600
    assert len(working.beat()) == 1
    place.database.superuser(
        "insert into audit.event (id, xid, at, kind, db) values (nextval('audit.entry_id_seq'), pg_current_xact_id(),"
        " clock_timestamp(), 'esign', 'test')"
    )
    place.seal()
    assert len(working.beat()) == 1
    assert working.beat() == []


def test_a_restored_backup_is_told_and_nothing_is_signed_any_more(
    place: Place, witness: Start, tmp_path: Path
) -> None:
    """Database and sealer's folder are both put back to yesterday, so that only the witness knows (409)."""
    one = witness()
    working = place.anchors(one.only())
    yesterday = place.database.rows("select max(size) from audit.checkpoint")[0][0]
    shutil.copytree(place.home.sealer, tmp_path / "yesterday")
    place.write("C", "D")
    working.beat(now=True)
    shutil.rmtree(place.home.sealer)
    shutil.copytree(tmp_path / "yesterday", place.home.sealer)
    cut_off(place, yesterday)
    (answer,) = place.anchors(one.only()).beat(now=True)
    assert answer.outcome is Outcome.BEHIND and answer.proof
    assert "was put back to an earlier time, or entries were deleted" in answer.sentence
    (told,) = place.told(events.LEDGER_BEHIND.name)
    assert told["size"] > yesterday and told["shown"].startswith(seal.origin(place.home))
    with pytest.raises(NotSealed, match="Nothing is signed until this is settled"):
        place.seal()
    place.anchors(one.only()).beat(now=True)
    assert len(place.told(events.LEDGER_BEHIND.name)) == 1, "the same state is told once"
    assert not witness_folder.evidence(one.home / "logs", seal.origin(place.home))


@pytest.mark.urs("URS-BCK-02")
def test_after_a_restore_that_only_the_witness_knew_two_people_begin_a_new_log_for_it(
    place: Place, witness: Start, tmp_path: Path
) -> None:
    sam, uma = people.found()
    place.seal()
    one = witness()
    yesterday = place.database.rows("select max(size) from audit.checkpoint")[0][0]
    shutil.copytree(place.home.sealer, tmp_path / "yesterday")
    place.write("C", "D")
    place.anchors(one.only()).beat(now=True)
    signed = seal.read_state(place.home.sealer, seal.signer(place.home).verifier)
    shutil.rmtree(place.home.sealer)
    shutil.copytree(tmp_path / "yesterday", place.home.sealer)
    cut_off(place, yesterday)
    working = place.anchors(one.only())
    working.beat(now=True)
    with pytest.raises(LedgerBroken, match=f"ledger entries {yesterday} to "):
        place.seal()
    propose_epoch(sam, reason="Whole machine put back from the image of 21:00, ticket 4711")
    approve_epoch(uma)
    assert signed is not None and place.seal() > signed.edge.size
    (answer,) = working.beat(now=True)
    assert answer.outcome is Outcome.SILENT and "does not know this ledger (HTTP 404)" in answer.sentence
    assert not seal.halted(place.home.sealer), "what is said of the old log stops nothing any more"
    assert place.seal() > 0
    new = seal.current_key(place.home)
    assert new.name.startswith(f"{seal.origin(place.home)}/")
    two = witness(name="w.example/two", log=new.vkey(), home="two")
    anchoring.tell_named(two.only())
    assert place.anchors(two.only()).beat(now=True)[0].outcome is Outcome.COSIGNED
    place.seal()
    report = examine(place.database.url("verify"), place.home)
    found = [one for one in report.findings if one.check in ("cosignatures", "vouched", "epochs", "tree")]
    assert [one.object for one in found] == ["witness qa"], (
        "only what the witness proved, until it is settled"
    )
    assert any("Whole machine put back" in one for one in report.notices)


def cut_off(place: Place, size: int) -> None:
    """As superuser: the ledger and the trail end at `size` again."""
    for table, what in (
        ("checkpoint", f"size > {size}"),
        ("event", f"id in (select entry from audit.leaf where seq >= {size}) or kind = 'receipt'"),
        ("act", f"id in (select entry from audit.leaf where seq >= {size})"),
        ("leaf", f"seq >= {size}"),
    ):
        place.database.superuser(f"alter table audit.{table} disable trigger all")
        place.database.superuser(f"delete from audit.{table} where {what}")
        place.database.superuser(f"alter table audit.{table} enable trigger all")
        for (name,) in place.database.superuser(
            "select tgname from pg_trigger where tgrelid = %s::regclass and not tgisinternal",
            [f"audit.{table}"],
        ):
            place.database.superuser(f"alter table audit.{table} enable always trigger {name}")


def test_a_rewritten_ledger_signed_with_the_stolen_key_is_refused_with_evidence(
    place: Place, witness: Start
) -> None:
    """Superuser and thief of the sealer's key: one entry rewritten, everything recomputed and signed anew (422)."""
    one = witness()
    place.anchors(one.only()).beat(now=True)
    size = rewrite(place, 2)
    place.write("C", "D")
    (answer,) = place.anchors(one.only()).beat(now=True)
    assert answer.outcome is Outcome.FORKED and answer.size == size
    assert "another history" in answer.sentence
    (file,) = witness_folder.evidence(one.home / "logs", seal.origin(place.home))
    told = json.loads(file.read_text())
    for side in ("kept", "submitted"):
        note.open_note(told[side].encode(), [seal.signer(place.home).verifier])
    assert len(place.told(events.LEDGER_FORKED.name)) == 1
    with pytest.raises(NotSealed, match="another history"):
        place.seal()


def rewrite(place: Place, seq: int) -> int:
    """A leaf's bytes changed, all checkpoints and the sealer's state signed anew over it; the size of the ledger."""
    from indelible.ledger.tree import Edge

    place.database.superuser("alter table audit.leaf disable trigger all")
    place.database.superuser("alter table audit.checkpoint disable trigger all")
    place.database.superuser(
        r"update audit.leaf set bytes = forged, hash = sha256('\x00'::bytea || forged) from (select seq as at, convert_to("
        r"replace(convert_from(bytes, 'UTF8'), '2026', '2025'), 'UTF8') as forged from audit.leaf) as f"
        r" where at = seq and seq = %s",
        [seq],
    )
    hashes = [leaf_hash(row[0]) for row in place.database.rows("select bytes from audit.leaf order by seq")]
    key = seal.signer(place.home)
    state = seal.signed_state(Edge().extended(hashes), hashes[-1], key)
    seal.write_state(place.home.sealer, state)
    place.database.superuser("delete from audit.checkpoint")
    place.database.superuser(
        "insert into audit.checkpoint (size, root, note, at) values (%s, %s, %s, now())",
        [len(hashes), state.checkpoint.root, state.note.decode()],
    )
    for table in ("leaf", "checkpoint"):
        place.database.superuser(f"alter table audit.{table} enable always trigger indelible_append_only")
        place.database.superuser(f"alter table audit.{table} enable always trigger indelible_no_truncate")
    return len(hashes)


def test_another_tree_of_the_same_size_is_a_fork_too(place: Place, witness: Start) -> None:
    one = witness()
    place.anchors(one.only()).beat(now=True)
    head = place.database.rows("select max(size) from audit.checkpoint")[0][0]
    assert rewrite(place, 1) == head
    assert place.anchors(one.only()).beat(now=True)[0].outcome is Outcome.FORKED


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (Log(origin="other.example").signer.verifier.vkey(), "does not know this ledger (HTTP 404)"),
        ("same origin, other key", "does not trust the key of this ledger (HTTP 403)"),
    ],
)
def test_a_witness_of_another_log_or_key_is_told_in_a_sentence(
    place: Place, witness: Start, log: str, words: str
) -> None:
    if log == "same origin, other key":
        log = Log(origin=seal.origin(place.home), seed=9).signer.verifier.vkey()
    (answer,) = place.anchors(witness(log=log).only()).beat(now=True)
    assert answer.outcome is Outcome.SILENT and words in answer.sentence
    assert place.receipts() == [] and not seal.halted(place.home.sealer)


def test_two_of_three_witnesses_are_a_quorum_and_one_is_told_late(place: Place, witness: Start) -> None:
    first, second = witness(), witness("w.example/second", home="second")
    gone = WitnessAddress("gone", "http://127.0.0.1:1", Log_witness(), private=True)
    given = Outside((first.address("one"), second.address("two"), gone), 2)
    working = place.anchors(given)
    outcomes = {one.witness: one.outcome for one in working.beat(now=True)}
    assert outcomes == {"one": Outcome.COSIGNED, "two": Outcome.COSIGNED, "gone": Outcome.SILENT}
    assert {one["witness"] for one in place.receipts()} == {"w.example/qa", "w.example/second"}
    assert place.told(events.WITNESSES_LATE.name) == []
    for process in (first.process, second.process):
        process.terminate()
        process.wait(20)
    place.write("C")
    place.database.superuser("alter table audit.act disable trigger all")
    place.database.superuser(
        "update audit.act set at = at - interval '11 minutes' where id = (select max(id) from audit.act)"
    )
    working.beat(now=True)
    working.beat(now=True)
    (told,) = place.told(events.WITNESSES_LATE.name)
    assert told["quorum"] == 2 and told["vouched"] < told["size"]


def Log_witness() -> str:
    return cosignature.witness_signer("w.example/gone", Log(seed=44).signer.key).verifier.vkey()


def test_who_is_named_stands_in_the_trail_and_only_changes_are_told(place: Place, witness: Start) -> None:
    from indelible.jobs.anchors import tell_named

    one = witness()
    tell_named(Outside())
    assert place.told(events.WITNESSES_NAMED.name) == []
    tell_named(one.only())
    tell_named(one.only())
    tell_named(Outside())
    first, second = place.told(events.WITNESSES_NAMED.name)
    assert first["witnesses"] == [{"name": "qa", "vkey": one.vkey}] and first["quorum"] == 1
    assert second == anchors.NOBODY.as_detail()
    connections.close_all()


def test_the_service_may_not_testify(place: Place) -> None:
    for role in ("app", "verify"):
        with (
            psycopg.connect(place.database.url(role)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("select audit.testify('receipt', '{}')")


def test_a_witness_shows_its_evidence_at_its_next_start(place: Place, witness: Start) -> None:
    one = witness()
    place.anchors(one.only()).beat(now=True)
    rewrite(place, 2)
    place.write("C")
    place.anchors(one.only()).beat(now=True)
    one.process.terminate()
    one.process.wait(20)
    assert "EVIDENCE that this log signed two histories" in command(one.home, "--no-serve").stdout


def test_a_checkpoint_altered_in_the_database_anchors_nothing(place: Place, witness: Start) -> None:
    working = place.anchors(witness().only())
    place.database.superuser("alter table audit.checkpoint disable trigger all")
    place.database.superuser("update audit.checkpoint set note = replace(note, E'\\n\\n', E'\\nx\\n\\n')")
    assert working.beat(now=True) == []
    assert place.receipts() == []


def test_a_database_that_goes_away_is_waited_for(place: Place, witness: Start) -> None:
    """Every connection of the anchors is cut while they work: they come back by themselves and go on."""
    one = witness()
    (place.home.configuration).write_text(
        f'[[witness]]\nname = "qa"\nurl = "{one.url}"\nvkey = "{one.vkey}"\nprivate = true\n'
    )
    stop = threading.Event()
    url = place.database.url("seal")
    loop = threading.Thread(
        target=anchoring.serve, args=(lambda: psycopg.connect(url, autocommit=True), place.home, stop)
    )
    loop.start()
    try:
        wait_until(lambda: len(place.receipts()) >= 1)
        place.database.superuser(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'indelible_seal'"
            " and datname = current_database()"
        )
        place.write("C")
        wait_until(lambda: len(place.receipts()) >= 2)  # a new life asks at once
    finally:
        stop.set()
        loop.join(20)
    assert not loop.is_alive()
    assert len(place.told(events.WITNESSES_NAMED.name)) == 1
