"""`verify` with witnesses: a clean ledger is clean while it grows, a clock that was wrong is named with exactly its span."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from indelible.jobs.anchors import tell_named
from indelible.jobs.verification import Report, examine
from indelible.kernel.audit import anchors
from tests.witnesses.conftest import Place, Witnessing

Start = Callable[..., Witnessing]


def examined(place: Place) -> Report:
    return examine(place.database.url("verify"), place.home)


def of(report: Report, check: str) -> list[tuple[str, str]]:
    return [(one.object, one.sentence) for one in report.findings if one.check == check]


@pytest.mark.urs("URS-TIM-03")
def test_entries_of_a_clock_set_back_are_marked_as_one_span_and_the_order_holds(
    place: Place, witness: Start
) -> None:
    """The database's clock an hour back, entries, and right again: exactly those between are named (ledger.md 3.8)."""
    one = witness()
    tell_named(one.only())
    working = place.anchors(one.only())
    place.seal()
    working.beat(now=True)
    body = place.database.superuser("select pg_get_functiondef('audit.clock()'::regprocedure)")[0][0]
    first = place.seal()
    place.database.superuser(
        body.replace("pg_catalog.clock_timestamp()", "pg_catalog.clock_timestamp() - interval '1 hour'")
    )
    place.write("C", "D")
    last = place.database.rows("select max(seq) from audit.leaf")[0][0]
    working.beat(now=True)
    place.database.superuser(body)
    place.write("E")
    working.beat(now=True)
    place.write("F")
    report = examined(place)
    marked = of(report, "clock")
    assert len(marked) == 1, marked
    named, sentence = marked[0]
    assert named.startswith(f"ledger entries {first} to ") and "before the ledger without them" in sentence
    assert int(named.split()[-1]) in (
        last,
        last + 1,
    )  # the receipt of the cosignature was written by the wrong clock, too
    rows = place.database.rows("select seq, entry from audit.leaf order by seq")
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)


@pytest.mark.urs("URS-AUD-03", "URS-VAL-09")
def test_a_ledger_that_grows_and_is_cosigned_meanwhile_is_clean(place: Place, witness: Start) -> None:
    """What is cosigned after the verification took its snapshot is not called missing."""
    one = witness()
    tell_named(one.only())
    working = place.anchors(one.only())
    place.write("G0")
    working.beat(
        now=True
    )  # what was there before is vouched for first: this database may be older than the limit
    stop = threading.Event()

    def grow() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            place.write(f"G{number}")
            working.beat(now=True)

    growing = threading.Thread(target=grow)
    growing.start()
    try:
        reports = [examined(place) for _ in range(8)]
    finally:
        stop.set()
        growing.join(30)
    assert [of(report, "vouched") for report in reports] == [[]] * 8
    assert all(not report.open for report in reports), [report.open for report in reports]
    assert examined(place).examined["cosignatures"] > 3


@pytest.mark.urs("URS-AUD-03")
def test_a_forged_receipt_does_not_make_a_quorum(place: Place, witness: Start) -> None:
    """Whoever has the sealer's login claims a cosignature of the newest checkpoint: named as forged, and vouches for nothing."""
    one = witness()
    tell_named(one.only())
    place.write("C")
    size = place.database.rows("select max(size) from audit.checkpoint")[0][0]
    forged = {
        "receipt": "cosignature",
        "size": size,
        "witness": "w.example/qa",
        "line": "— w.example/qa AAAAAAAA",
    }
    place.anchors(one.only())._testify(forged)
    place.database.superuser("alter table audit.act disable trigger all")
    place.database.superuser("update audit.act set at = at - interval '11 minutes'")
    place.seal()
    report = examined(place)
    assert of(report, "cosignatures") and of(report, "vouched")[0][0] == "ledger entry 0"


def test_without_a_witness_it_says_what_cannot_be_known(place: Place) -> None:
    report = examined(place)
    assert "No witness outside is named" in report.notices[0] and "Note: No witness" in report.in_words()
    assert anchors.all_cosigned(place.home.sealer) == {}
