"""The clock against a real time server: measured, told, and signing refused where it cannot be believed (URS-TIM-02, -03)."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from indelible.exports.table import trail_table
from indelible.exports.trail import trail_document
from indelible.jobs import timekeeping as clockwork
from indelible.kernel.audit import timekeeping
from indelible.kernel.notices.actions import look
from indelible.kernel.notices.models import Notice
from indelible.kernel.notices.types import KINDS
from indelible.kernel.records import trail
from indelible.kernel.records.types import TrailFilter
from indelible.kernel.signatures import acceptances
from tests import people
from tests.conftest import Database
from tests.people import ANA
from tests.signatures.signing import all_of, capa, submit
from tests.web.conftest import signed_in

TO_1900 = 2_208_988_800
SET_BACK = """
    create or replace function audit.clock() returns timestamptz language sql volatile parallel safe
    as $$ select pg_catalog.clock_timestamp() - interval '1 hour' $$
"""
"""What the database's machine tells after somebody set its clock back."""


@dataclass
class TimeServer:
    """An SNTP server (RFC 5905, mode 4) that is `ahead` seconds; `address` as the setting takes it."""

    address: str
    ahead: float = 0.0


@contextmanager
def time_server() -> Iterator[TimeServer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        server = TimeServer(f"127.0.0.1:{one.getsockname()[1]}")
        thread = threading.Thread(target=_answer, args=(one, server), daemon=True)
        thread.start()
        yield server


def _answer(one: socket.socket, server: TimeServer) -> None:
    while True:
        try:
            asked, whom = one.recvfrom(512)
        except OSError:
            return
        now = time.time() + server.ahead + TO_1900
        stamp = struct.pack("!II", int(now), int((now % 1) * 2**32))
        head = struct.pack("!BBbbII4s", 0x24, 1, 0, -20, 0, 0, b"TEST")
        one.sendto(head + stamp + asked[40:48] + stamp + stamp, whom)


@pytest.fixture
def source(stocked: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[TimeServer]:
    with time_server() as server:
        known = replace(settings.CONFIGURATION, time_source=server.address)
        monkeypatch.setattr(settings, "CONFIGURATION", known)
        monkeypatch.setattr(clockwork, "_seen", [])
        yield server


def told(database: Database, action: str) -> list[dict[str, Any]]:
    return [
        row[0]
        for row in database.rows("select detail from audit.act where action = %s order by id", [action])
    ]


@pytest.mark.urs("URS-TIM-02")
def test_drift_is_measured_into_the_trail_and_stands_beside_each_signature(
    source: TimeServer, stocked: Database
) -> None:
    assert timekeeping.standing().state == "unmeasured"
    clockwork.measure_clock(0)
    (measured,) = told(stocked, "clock.measured")
    assert measured["source"] == source.address and abs(float(measured["offset"])) < 1
    ana = people.signed_in(ANA)
    signed = submit(ana, capa(ana), all_of(ANA))
    assert signed.evidence["clock"]["offset"] == measured["offset"]
    assert "in order" in signed_in(ANA).text(signed_in(ANA).get("/about"))


@pytest.mark.urs("URS-TIM-02")
@pytest.mark.parametrize("ahead", [300.0, -300.0])
def test_five_minutes_away_nobody_signs(
    source: TimeServer, stocked: Database, refused: Any, ahead: float
) -> None:
    ana = people.signed_in(ANA)
    record = capa(ana)
    source.ahead = ahead
    clockwork.measure_clock(0)
    assert len(told(stocked, "clock.astray")) == 1
    with refused("clock_doubtful") as caught:
        submit(ana, record, all_of(ANA))
    assert ("ahead of" in caught.value.detail) == (ahead > 0)
    with refused("clock_doubtful", urs="URS-TIM-02"):
        acceptances.accept(ana, all_of(ANA), version=1)
    source.ahead = 5.0
    clockwork.measure_clock(0)
    assert timekeeping.standing().state == "astray"
    submit(ana, record, all_of(ANA))
    astray = told(stocked, "clock.astray")
    assert "offset_before" not in astray[0]
    assert (astray[1]["offset_before"], round(float(astray[1]["offset"]))) == (astray[0]["offset"], -5)


@pytest.mark.urs("URS-TIM-02", "URS-TIM-03", "URS-CRD-05")
def test_the_clock_is_told_to_those_who_answer_for_it(
    source: TimeServer, stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noticed() -> dict[str, list[str]]:
        look(clockwork._actor())
        found: dict[str, list[str]] = {}
        for one in Notice.objects.filter(kind__startswith="clock_").order_by("pk"):
            found.setdefault(one.kind, []).append(one.told)
        return found

    clockwork.measure_clock(0)
    assert noticed() == {}, "a clock in order is nobody's alarm"
    for ahead in (-5.5, -6.5, -300.5):
        source.ahead = ahead
        clockwork.measure_clock(0)
    first, worse = noticed()["clock_astray"]  # the second said nothing new that day
    assert "+5." in first and "was " in first and "Nobody signs" not in first
    assert "+300." in worse and "+6." in worse and "Nobody signs" in worse
    now = timekeeping.clock()
    timekeeping.jumped(clockwork._actor(), -3600.0, now, now - timedelta(hours=1), since=1)
    assert "-3600" in noticed()["clock_jumped"][0]
    monkeypatch.setattr(clockwork, "_PATIENCE", 0.2)
    gone = replace(settings.CONFIGURATION, time_source="127.0.0.1:9")
    monkeypatch.setattr(settings, "CONFIGURATION", gone)
    clockwork.measure_clock(0)
    clockwork.measure_clock(0)
    assert len(noticed()["clock_silent"]) == 1
    assert {KINDS[kind].management for kind in ("clock_astray", "clock_jumped")} == {True}


@pytest.mark.urs("URS-TIM-02", "URS-TIM-03")
def test_without_a_source_a_clock_that_was_set_is_on_the_page_of_each_signing(stocked: Database) -> None:
    """Nobody could ever measure it right again, so it ends no signing; and none goes on in silence."""
    ana = people.signed_in(ANA)
    record, hand, now = capa(ana), clockwork._actor(), timekeeping.clock()
    page, at = signed_in(ANA), f"/records/{record.number}/steps/submit"
    timekeeping.jumped(hand, -59.0, now, now, since=timekeeping.newest_entry())
    assert timekeeping.standing().state == "unnamed" and "clock here was set" not in page.text(page.get(at))
    timekeeping.jumped(hand, -3.0, now, now, since=timekeeping.newest_entry())
    assert "The clock here was set by -62 seconds" in page.text(page.get(at))
    assert "in doubt" in page.text(page.get("/about"))
    submit(ana, record, all_of(ANA))
    timekeeping.jumped(hand, 62.0, now, now, since=timekeeping.newest_entry())
    assert timekeeping.standing().state == "unnamed"


@pytest.mark.urs("URS-TIM-02", "URS-TIM-03")
def test_a_good_measurement_from_before_it_was_set_vouches_for_nothing(
    source: TimeServer, stocked: Database, refused: Any
) -> None:
    ana = people.signed_in(ANA)
    record = capa(ana)
    clockwork.measure_clock(0)
    now = timekeeping.clock()
    timekeeping.jumped(clockwork._actor(), 90.0, now, now, since=timekeeping.newest_entry())
    with refused("clock_doubtful") as caught:
        submit(ana, record, all_of(ANA))
    assert "set forward by 90 seconds" in caught.value.detail
    clockwork.measure_clock(0)
    assert timekeeping.standing().state == "good"
    submit(ana, record, all_of(ANA))


@pytest.mark.urs("URS-TIM-02")
def test_a_source_lost_for_a_day_ends_signing(
    source: TimeServer, stocked: Database, refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = people.signed_in(ANA)
    record = capa(ana)
    monkeypatch.setattr(clockwork, "_PATIENCE", 0.2)
    gone = replace(settings.CONFIGURATION, time_source="127.0.0.1:9")
    monkeypatch.setattr(settings, "CONFIGURATION", gone)
    clockwork.measure_clock(0)
    assert len(told(stocked, "clock.silent")) == 1
    assert timekeeping.standing().state == "unmeasured"
    monkeypatch.setattr(timekeeping, "LOST", timedelta(0))
    with refused("clock_doubtful"):
        submit(ana, record, all_of(ANA))


@pytest.mark.urs("URS-TIM-03")
def test_a_clock_that_is_set_is_told_with_both_readings(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clockwork, "_seen", [])
    clockwork.watch_clock(0)
    clockwork.watch_clock(0)
    assert told(stocked, "clock.jumped") == []
    reading, monotonic, entry = clockwork._seen[0]
    for seconds in (3600, -3600):  # the last look was an hour elsewhere: the clock was set since
        clockwork._seen[:] = [(reading + timedelta(seconds=seconds), monotonic, entry)]
        clockwork.watch_clock(0)
    jumps = told(stocked, "clock.jumped")
    assert [round(float(one["seconds"]) / 3600) for one in jumps] == [-1, 1]
    assert all(one["before"] and one["after"] for one in jumps)


@pytest.mark.urs("URS-TIM-03")
def test_entries_made_while_the_clock_was_set_are_marked_and_keep_their_order(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set back by an hour, two entries, set forward again: those between are marked, at every door, and no other."""
    ana = people.signed_in(ANA)
    before = capa(ana)
    monkeypatch.setattr(clockwork, "_seen", [])
    clockwork.watch_clock(0)
    early = capa(
        ana
    )  # after the last look at the right clock: nobody knows whether before or after it was set

    def set_by(seconds: int) -> None:
        reading, monotonic, entry = clockwork._seen[0]
        clockwork._seen[:] = [(reading - timedelta(seconds=seconds), monotonic, entry)]
        clockwork.watch_clock(0)

    set_by(-3600)
    assert timekeeping.doubts()[0].until is None
    between = capa(ana)
    set_by(3600)
    after = capa(ana)
    spans = timekeeping.doubts()
    assert len(spans) == 1 and spans[0].until is not None
    marked = {}
    for record in (before, early, between, after):
        items = trail.page(ana, TrailFilter(record=record.number)).items
        marked[record.number] = {item["time_doubtful"] for item in items}
    assert list(marked.values()) == [{False}, {True}, {True}, {False}]
    shown = signed_in(ANA)
    assert "clock in doubt" in shown.text(shown.get(f"/records/{between.number}/audit-trail"))
    assert "clock in doubt" not in shown.text(shown.get(f"/records/{after.number}/audit-trail"))
    copied = list(
        trail_table(trail_document(i) for i in trail.entries(ana, TrailFilter(record=between.number)))
    )
    assert '"yes"' in copied[1]


@pytest.mark.urs("URS-TIM-03")
def test_a_good_measurement_ends_the_doubt_and_a_bad_one_does_not(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = clockwork._actor()
    now = timekeeping.clock()
    timekeeping.jumped(hand, 300.0, now, now, since=timekeeping.newest_entry())
    timekeeping.measured(hand, "ntp.example", 300.0)
    assert timekeeping.doubts()[0].until is None
    timekeeping.measured(hand, "ntp.example", 0.1)
    (span,) = timekeeping.doubts()
    assert span.until == timekeeping.newest_entry()
    timekeeping.jumped(hand, -90.0, now, now, since=timekeeping.newest_entry())
    assert [one.until is None for one in timekeeping.doubts()] == [False, True]


@pytest.mark.urs("URS-TIM-03")
def test_a_clock_set_back_while_nothing_ran_is_told_at_the_start_and_once(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clockwork, "_seen", [])
    clockwork.watch_clock(0)
    assert told(stocked, "clock.jumped") == [], "a start in order tells nothing"
    capa(people.signed_in(ANA))  # an entry of now: the last of the stock is as old as the run of the tests
    newest = timekeeping.newest_entry()
    stocked.superuser(SET_BACK)
    made = capa(people.signed_in(ANA))  # the service was there before anybody looked
    for _ in range(2):  # another start in the same doubt has nothing to add
        clockwork._seen.clear()
        clockwork.watch_clock(0)
    (jump,) = told(stocked, "clock.jumped")
    assert -3600 < float(jump["seconds"]) < -3000 and jump["since"] == newest
    assert timekeeping.doubts()[-1].covers(newest + 1) and not timekeeping.doubts()[-1].covers(newest)
    ana = people.signed_in(ANA)
    assert {one["time_doubtful"] for one in trail.page(ana, TrailFilter(record=made.number)).items} == {True}


@pytest.mark.urs("URS-TIM-03")
def test_a_clock_found_astray_is_in_doubt_since_it_was_found_right(
    source: TimeServer, stocked: Database
) -> None:
    ana = people.signed_in(ANA)
    clockwork.measure_clock(0)
    right = timekeeping.newest_entry()
    between = capa(ana)
    source.ahead = -30.0
    for _ in range(2):
        clockwork.measure_clock(0)
    (span,) = timekeeping.doubts()
    assert (span.since, span.until, round(span.astray)) == (right, None, 30)
    assert {one["time_doubtful"] for one in trail.page(ana, TrailFilter(record=between.number)).items} == {
        True
    }
    now = timekeeping.clock()
    timekeeping.jumped(clockwork._actor(), -30.0, now, now, since=timekeeping.newest_entry())
    assert timekeeping.doubts()[0].until == timekeeping.newest_entry(), "set right by as much"
    source.ahead = 0.0
    clockwork.measure_clock(0)
    after = capa(ana)
    assert {one["time_doubtful"] for one in trail.page(ana, TrailFilter(record=after.number)).items} == {
        False
    }


@pytest.mark.urs("URS-TIM-03")
def test_another_time_source_is_an_entry_of_its_own(
    source: TimeServer, stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clockwork.watch_clock(0)
    named = source.address
    for address in (named, "127.0.0.1:9", ""):
        monkeypatch.setattr(clockwork, "_PATIENCE", 0.2)
        known = replace(settings.CONFIGURATION, time_source=address)
        monkeypatch.setattr(settings, "CONFIGURATION", known)
        clockwork._seen.clear()
        clockwork.watch_clock(0)
    assert told(stocked, "clock.source") == [
        {"old": "", "new": named},
        {"old": named, "new": "127.0.0.1:9"},
        {"old": "127.0.0.1:9", "new": ""},
    ]


@pytest.mark.urs("URS-TIM-02")
def test_without_a_source_the_page_says_so_and_signing_goes_on(stocked: Database) -> None:
    clockwork.measure_clock(0)
    ana = people.signed_in(ANA)
    assert submit(ana, capa(ana), all_of(ANA)).evidence["clock"]["source"] == ""
    page = signed_in(ANA)
    assert "nobody measures the clock" in page.text(page.get("/about"))
