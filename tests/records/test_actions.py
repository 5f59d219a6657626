"""Opening, revising, moving, linking, attaching: the wrong paths first, each of which changes nothing."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from indelible.kernel.audit import actions as audit
from indelible.kernel.audit.types import Refusal
from indelible.kernel.files import actions as files
from indelible.kernel.identity.models import Person
from indelible.kernel.records import actions, queries
from indelible.kernel.records.differences import digest_of
from indelible.kernel.records.models import Attachment, LinkEnd, Revision
from indelible.kernel.workflow.events import ATTACH, LINK, REASSIGN, STEP
from tests.records.company import Company, opened, revised


@pytest.mark.urs("URS-OPS-04")
def test_the_second_of_two_people_is_told_what_changed_and_by_whom(company: Company, refused: Any) -> None:
    record = opened(company.ana)
    mine, hers = queries.get(company.ana, record.number), queries.get(company.petra, record.number)
    revised(company.petra, hers, 1, problem="Lid open for 2 h", risk="high")
    with refused("stale_revision", urs="URS-OPS-04") as caught:
        revised(company.ana, mine, 1, problem="Lid ajar")
    assert caught.value.rule.status == 409
    assert "Petra Vogel (petra)" in caught.value.detail and "problem, risk" in caught.value.detail
    assert queries.get(company.ana, record.number).values["problem"] == "Lid open for 2 h"


@pytest.mark.urs("URS-OPS-04")
def test_a_step_on_a_stale_view_is_refused(company: Company, refused: Any) -> None:
    record = opened(company.ana)
    revised(company.petra, record, 1, problem="Changed meanwhile")
    with refused("stale_revision"), audit.act(company.ana, STEP, record=record.number) as act:
        actions.move_state(act, company.ana, record, expected=1, state="investigation")


def test_a_revision_yet_to_come_is_stale_too(company: Company, refused: Any) -> None:
    record = opened(company.ana)
    with refused("stale_revision") as caught:
        revised(company.ana, record, 7, problem="x")
    assert "no revision 7 yet" in caught.value.detail


@pytest.mark.urs("URS-AUT-06")
@pytest.mark.parametrize("site", ["TYO", "NOWHERE", "", "B\x00SL"])
def test_a_record_is_opened_only_at_a_site_one_works_for(company: Company, refused: Any, site: str) -> None:
    ana = company.ana if site else replace(company.ana, site="")
    with refused("site_not_yours"):
        opened(ana, site=site)


def test_an_act_writes_only_for_who_opened_it(company: Company) -> None:
    record = opened(company.ana)
    with pytest.raises(ValueError, match="the person who opened it"), audit.act(company.ana, STEP) as act:
        actions.move_state(act, company.petra, record, expected=1, state="closed")
    assert queries.get(company.ana, record.number).state == "draft"


@pytest.mark.urs("URS-AUD-01", "URS-LNK-01")
def test_opening_writes_record_first_revision_and_their_digest(company: Company) -> None:
    record = opened(company.ana, {"problem": "Lid open", "weight": {"value": "9.90", "unit": "mg"}})
    revision = queries.revision(record, 1)
    assert record.number.startswith("DEV-") and record.number.endswith("-00001")
    assert digest_of(bytes(revision.content)) == revision.digest == record.digest
    assert revision.changed == ["problem", "weight"] and revision.author == "ana"
    assert (record.site.code, record.legal_entity.code, record.owner.user_id) == ("BSL", "HELV", "ana")
    assert record.created_at == record.updated_at == record.state_entered_at
    stored = queries.get(company.petra, record.number)
    assert stored.values == {"problem": "Lid open", "weight": {"value": "9.90", "unit": "mg"}}


def test_the_same_content_again_makes_no_revision_and_no_event(company: Company, database: Any) -> None:
    record = opened(company.ana)
    before = database.rows("select count(*) from audit.event")
    assert revised(company.ana, record, 1, problem="Lid open", cause="") is None
    assert database.rows("select count(*) from audit.event") == before
    assert record.revision == 1


def test_a_revision_and_a_step_bring_the_record_at_hand_up_to_date(company: Company) -> None:
    record = opened(company.ana)
    made = revised(company.ana, record, 1, problem="Lid ajar", cause="worn hinge")
    assert made is not None and (record.revision, made.number, made.changed) == (2, 2, ["cause", "problem"])
    with audit.act(company.ana, STEP, record=record.number) as act:
        held = actions.lock(company.ana, record.number)
        actions.move_state(act, company.ana, held, expected=2, state="investigation")
    assert (held.state, held.revision, held.title) == ("investigation", 2, "Lid ajar")
    assert [entry.state for entry in queries.state_entries(held)] == ["draft", "investigation"]
    assert Revision.objects.filter(record=held).count() == 2


def test_a_rollback_keeps_nothing(company: Company) -> None:
    record = opened(company.ana)
    with pytest.raises(RuntimeError), audit.act(company.ana, STEP, record=record.number) as act:
        actions.move_state(act, company.ana, record, expected=1, state="closed")
        raise RuntimeError
    assert queries.get(company.ana, record.number).state == "draft"


@pytest.mark.urs("URS-AUT-06")
def test_lock_refuses_another_sites_record_like_one_that_is_not_there(company: Company, refused: Any) -> None:
    record = opened(company.omar)
    for number in (record.number, "DEV-2026-99999"):
        with refused("not_there"), audit.act(company.ana, STEP, record=number):
            actions.lock(company.ana, number)


def test_reassigning_to_the_owner_writes_nothing_and_to_another_gives_the_record(company: Company) -> None:
    record = opened(company.ana)
    petra = Person.objects.get(user_id="petra")
    with audit.act(company.petra, REASSIGN, reason="Ana is on leave until May") as act:
        assert actions.reassign(act, company.petra, record, owner=petra)
    with audit.act(company.petra, REASSIGN, reason="Ana is on leave until May") as act:
        assert not actions.reassign(act, company.petra, record, owner=petra)
    assert queries.get(company.ana, record.number).owner.user_id == "petra"


# ----------------------------------------------------------------- links


def test_a_link_is_made_once_and_not_to_itself(company: Company, refused: Any) -> None:
    one, two = opened(company.ana), opened(company.ana)
    with audit.act(company.ana, LINK, record=one.number) as act:
        actions.add_link(act, company.ana, one, two, kind="follows", back="followed_by")
    with refused("link_stands"), audit.act(company.ana, LINK, record=one.number) as act:
        actions.add_link(act, company.ana, one, two, kind="follows", back="followed_by")
    with refused("link_to_itself"), audit.act(company.ana, LINK, record=one.number) as act:
        actions.add_link(act, company.ana, one, one, kind="follows", back="followed_by")
    assert queries.get(company.ana, one.number).revision == 1, "a link makes no revision"


def test_an_ended_link_stays_readable_and_ends_once(company: Company, refused: Any) -> None:
    one, two = opened(company.ana), opened(company.ana)
    with audit.act(company.ana, LINK, record=one.number) as act:
        link = actions.add_link(act, company.ana, one, two, kind="follows", back="followed_by")
    assert queries.links_of(company.ana, two) == [link]
    with audit.act(company.ana, LINK, record=one.number, reason="linked to the wrong record") as act:
        actions.end_link(act, company.ana, link)
    with refused("link_ended"), audit.act(company.ana, LINK, record=one.number) as act:
        actions.end_link(act, company.ana, link)
    assert queries.links_of(company.ana, one) == [] and LinkEnd.objects.get(link=link).author == "ana"
    with audit.act(company.ana, LINK, record=one.number) as act:
        actions.add_link(act, company.ana, one, two, kind="follows", back="followed_by")


@pytest.mark.urs("URS-AUT-06")
def test_a_link_to_another_sites_record_is_not_shown(company: Company) -> None:
    here, there = opened(company.ana), opened(company.omar)
    with audit.act(company.ines, LINK, record=here.number) as act:
        actions.add_link(act, company.ines, here, there, kind="follows", back="followed_by")
    assert queries.links_of(company.ana, here) == [] == queries.links_of(company.omar, there)
    assert len(queries.links_of(company.ines, here)) == 1


# ----------------------------------------------------------------- files of records


def _attach(
    company: Company, record: Any, content: bytes, name: str = "photo.txt", field: str = ""
) -> Attachment:
    upload = files.receive(company.ana, io.BytesIO(content), name=name, record=record.number)
    with audit.act(company.ana, ATTACH, record=record.number) as act:
        return actions.attach(act, company.ana, record, upload=upload, field=field)


@pytest.mark.urs("URS-RET-06")
def test_a_new_file_of_the_same_name_is_a_new_version_and_the_same_file_is_none(company: Company) -> None:
    record = opened(company.ana)
    first, again = _attach(company, record, b"one"), _attach(company, record, b"one")
    second = _attach(company, record, b"two")
    assert first == again and (first.version, second.version, record.revision) == (1, 2, 3)
    content = queries.content_of(queries.revision(record, 3))
    assert [a["sha256"] for a in content["attachments"]] == [first.blob_id, second.blob_id]
    _, original = actions.open_file(company.ana, record.number, first.blob_id)
    with original.content as read:
        assert read.read() == b"one"


def test_a_file_at_a_field_is_carried_while_the_field_names_it(company: Company) -> None:
    record = opened(company.ana, {"problem": "x", "check": {"note": "seen"}})
    made = _attach(company, record, b"one", field="check.evidence")
    assert record.values["check"] == {"note": "seen", "evidence": [made.blob_id]}
    assert queries.revision(record, 2).changed == ["attachments", "check", "check.evidence"]
    revised(company.ana, record, 2, "wrong photo attached", problem="x", check={"note": "seen"})
    assert queries.content_of(queries.revision(record, 3))["attachments"] == []
    _, original = actions.open_file(company.ana, record.number, made.blob_id)
    original.content.close()


def test_attaching_to_a_stale_view_is_refused_where_the_view_is_named(company: Company, refused: Any) -> None:
    record = opened(company.ana)
    upload = files.receive(company.ana, io.BytesIO(b"x"), name="a.txt")
    with refused("stale_revision"), audit.act(company.ana, ATTACH, record=record.number) as act:
        actions.attach(act, company.ana, record, upload=upload, expected=4)


@pytest.mark.urs("URS-AUT-06")
def test_a_file_is_served_only_by_a_record_that_carries_it_and_that_one_sees(
    company: Company, refused: Any
) -> None:
    mine, other, theirs = opened(company.ana), opened(company.ana), opened(company.omar)
    made = _attach(company, mine, b"secret of Basel")
    for actor, number in [
        (company.ana, other.number),
        (company.omar, mine.number),
        (company.omar, theirs.number),
        (company.ana, "DEV-2026-99999"),
    ]:
        with refused("not_there"):
            actions.open_file(actor, number, made.blob_id)
    with refused("not_there"):
        actions.open_file(company.ana, mine.number, "../../etc/passwd\x00")


@pytest.mark.urs("URS-RET-06")
def test_a_damaged_file_is_never_served_and_the_refusal_names_the_record(
    company: Company, database: Any, refused: Any
) -> None:
    record = opened(company.ana)
    made = _attach(company, record, b"the signed original")
    path = database.home.files / made.blob_id[:2] / made.blob_id[2:4] / made.blob_id
    path.unlink()
    path.write_bytes(b"the forged original")
    with refused("file_damaged", urs="URS-RET-06") as caught:
        actions.open_file(company.petra, record.number, made.blob_id)
    assert "does not match the signed original" in caught.value.detail
    entry = database.rows("select user_id, record, object from audit.act where outcome = 'denied'")
    assert entry == [("petra", record.number, made.blob_id)]


def test_a_refusal_outside_an_act_is_raised_again(company: Company) -> None:
    with pytest.raises(Refusal):
        actions.open_record(company.ana, "no such thing")
