"""A signing's answer waits for the ledger: woken at commit, held until the checkpoint, told as pending where none comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from indelible.jobs import sealer as sealer_module
from indelible.jobs.sealer import serve
from indelible.kernel.audit import queries as trail
from indelible.kernel.signatures.actions import decide_doors
from indelible.kernel.signatures.models import Signature
from tests import people
from tests.api.calling import Caller
from tests.api.deviations import step
from tests.conftest import Database, seal_all
from tests.people import ANA
from tests.signatures.signing import DRAFT, MEANING
from tests.web.conftest import signed_in as visiting

pytestmark = pytest.mark.urs("URS-AUD-03", "URS-LNK-03")


@pytest.fixture(autouse=True)
def api_may_sign(stocked: Database) -> None:
    decide_doors(
        people.signed_in(people.UMA), machines=True, reason="the line's terminals sign over the interface"
    )


def hold(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    monkeypatch.setattr(settings, "CONFIGURATION", replace(settings.CONFIGURATION, hold_signed=seconds))


@pytest.fixture
def idle_sealer(stocked: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A sealer at work that looks only once an hour unless something wakes it."""
    monkeypatch.setattr(sealer_module, "BEAT", 3600.0)
    stop = threading.Event()
    stocked.home.sealer.mkdir(mode=0o700, parents=True, exist_ok=True)
    thread = threading.Thread(
        target=serve,
        args=(lambda: psycopg.connect(stocked.url("seal"), autocommit=True), stocked.home, stop),
    )
    thread.start()
    until = time.monotonic() + 20
    while not stocked.rows(
        "select 1 from audit.checkpoint where size = (select count(*) from audit.act)"
        " + (select count(*) from audit.event)"
    ):
        assert time.monotonic() < until
        time.sleep(0.05)
    yield
    stop.set()
    with psycopg.connect(stocked.url("app"), autocommit=True) as connection:
        connection.execute("select pg_notify('indelible_seal', '')")
    thread.join(20)
    assert not thread.is_alive()


def signed(ana: Caller) -> tuple[str, Any]:
    number = ana.post("/records", {"process": "capa", "fields": DRAFT}).body["number"]
    answer = step(ana, number, "submit", meaning=MEANING, user_id=ANA.user_id, password=ANA.password)
    assert answer.status == 200, answer
    return number, answer.body["signatures"][0]


def test_without_a_sealer_it_says_pending_after_the_time_allowed(
    stocked: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = Caller(ANA)
    seal_all(stocked, tmp_path)
    hold(monkeypatch, 1)
    began = time.monotonic()
    number, told = signed(ana)
    assert time.monotonic() - began >= 1
    assert told["sealed"] is False and told["standing"] == "stands"
    page = visiting(ANA).get(f"/records/{number}").content.decode()
    assert "its seal in the ledger is pending" in page
    seal_all(stocked, tmp_path)
    assert ana.get(f"/records/{number}/signatures").body["items"][0]["sealed"] is True
    assert "its seal in the ledger is pending" not in visiting(ANA).get(f"/records/{number}").content.decode()


def test_a_sealer_that_is_late_is_not_waited_for(stocked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "SEALED_WITHIN", 0.0)
    hold(monkeypatch, 30)
    began = time.monotonic()
    assert signed(Caller(ANA))[1]["sealed"] is False
    assert time.monotonic() - began < 15


def test_a_signature_wakes_the_sealer_and_the_answer_says_sealed(
    idle_sealer: None, stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the signing can have woken it: no beat comes for an hour."""
    hold(monkeypatch, 20)
    assert signed(Caller(ANA))[1]["sealed"] is True
    act = Signature.objects.latest("id").act
    seqs = [seq for (seq,) in stocked.rows("select seq from audit.events where act = %s", [act])]
    size = stocked.rows("select max(size) from audit.checkpoint")[0][0]
    assert seqs and all(seq is not None and seq < size for seq in seqs)
