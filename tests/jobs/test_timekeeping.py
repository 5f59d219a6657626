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
from indelible.kernel.records import trail
from indelible.kernel.records.types import TrailFilter
from tests import people
from tests.conftest import Database
from tests.people import ANA
from tests.signatures.signing import all_of, capa, submit
from tests.web.conftest import signed_in

TO_1900 = 2_208_988_800


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
    source.ahead = 5.0
    clockwork.measure_clock(0)
    assert timekeeping.standing().state == "astray"
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


@pytest.mark.urs("URS-TIM-02")
def test_without_a_source_the_page_says_so_and_signing_goes_on(stocked: Database) -> None:
    clockwork.measure_clock(0)
    ana = people.signed_in(ANA)
    assert submit(ana, capa(ana), all_of(ANA)).evidence["clock"]["source"] == ""
    page = signed_in(ANA)
    assert "nobody measures the clock" in page.text(page.get("/about"))
