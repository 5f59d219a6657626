"""The audit trail as people read it: complete, in plain words, and only of what the reader may see."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from indelible.kernel.audit import actions as audit
from indelible.kernel.audit import types as audit_types
from indelible.kernel.audit.paging import cursor_of
from indelible.kernel.files import actions as files
from indelible.kernel.identity.models import Person
from indelible.kernel.records import actions, trail
from indelible.kernel.records.types import TrailFilter
from indelible.kernel.workflow.events import ATTACH, EDIT, LINK, REASSIGN, STEP
from tests.records.company import Company, opened, revised


def _read(actor: Any, **wanted: Any) -> list[Any]:
    return list(trail.page(actor, TrailFilter(**wanted)).items)


def _changes(item: Any) -> list[tuple[Any, ...]]:
    return [(c["field"], c["label"], c["old"], c["new"]) for c in item["changes"]]


@pytest.mark.urs("URS-AUT-06")
def test_no_filter_shows_an_act_on_another_sites_record(company: Company) -> None:
    theirs = opened(company.omar)
    opened(company.ana)
    for wanted in (
        {"record": theirs.number},
        {"person": "omar"},
        {"q": "omar"},
        {"q": theirs.number},
        {"field": "problem", "person": "omar"},
        {"process": "deviation", "person": "omar"},
    ):
        for reader in (company.ana, company.petra):
            assert _read(reader, **wanted) == [], wanted
            assert trail.count(reader, TrailFilter(**wanted)) == 0
        assert len(_read(company.ines, **wanted)) == 1, wanted


@pytest.mark.urs("URS-AUT-06")
def test_a_denied_look_reads_alike_for_what_is_not_there_and_not_yours(
    company: Company, refused: Any
) -> None:
    theirs = opened(company.omar).number
    for number in (theirs, "DEV-2026-99999"):
        with refused("not_there"):
            actions.open_record(company.ana, number)
    denied = _read(company.petra, outcome="denied")
    assert [(i["record"], i["rule"], i["person"]["user_id"]) for i in denied] == [
        ("DEV-2026-99999", "URS-AUT-06", "ana"),
        (theirs, "URS-AUT-06", "ana"),
    ]
    assert _read(company.ana, outcome="denied") == [] == _read(company.omar, record=theirs, outcome="denied")


def test_acts_about_no_record_are_read_by_the_roles_that_need_them(company: Company) -> None:
    assert _read(company.ana) == [] == _read(company.omar)
    for role in trail.WHOLE_TRAIL:
        assert _read(replace(company.ana, roles=(role,)), action=REASSIGN.name, person="founder")


@pytest.mark.urs("URS-AUD-01", "URS-AUD-11")
def test_first_entry_change_and_step_read_as_person_field_old_new_and_why(company: Company) -> None:
    record = opened(company.ana, {"problem": "Lid open", "actions": [{"what": "Clean", "owner": "ana"}]})
    revised(
        company.petra,
        record,
        1,
        "batch sheet says otherwise",
        problem="Lid ajar",
        actions=[{"what": "Clean", "owner": "petra"}],
    )
    with audit.act(company.ana, STEP, record=record.number) as act:
        actions.move_state(act, company.ana, record, expected=2, state="investigation")
    step, edit, create = _read(company.ana, record=record.number)
    assert _changes(step) == [("state", "State", "draft", "investigation")]
    assert _changes(edit) == [
        ("actions[1].owner", "Actions: owner (row 1)", "ana", "petra"),
        ("problem", "Problem", "Lid open", "Lid ajar"),
    ]
    assert edit["person"] == {"user_id": "petra", "name": "Petra Vogel", "role": "qa_approver"}
    assert (edit["reason"], edit["source"], edit["outcome"], edit["channel"]) == (
        "batch sheet says otherwise",
        "192.0.2.7",
        "done",
        "web",
    )
    assert (edit["action"], edit["action_title"], edit["seq"]) == ("record.edit", "Record changed", None)
    told = {change[0]: change[3] for change in _changes(create)}
    assert {
        "problem": "Lid open",
        "number": record.number,
        "state": "draft",
        "owner": "ana",
        "site": "BSL",
    }.items() <= (told.items())
    assert create["record"] == record.number


def test_labels_come_from_the_declaration_the_record_is_pinned_to(company: Company) -> None:
    opened(company.ana, {"actions": [{"what": "Clean"}]})
    asked = []

    def labels(process: str, fingerprint: str, path: str) -> str:
        asked.append((process, fingerprint, path))
        return "Action"

    (item,) = trail.page(company.ana, TrailFilter(), labels=labels).items
    assert _changes(item)[0] == ("actions[1].what", "Action (row 1)", None, "Clean")
    assert asked == [("deviation", "f" * 64, "actions.what")]


def test_owner_link_and_file_are_told_by_name(company: Company) -> None:
    one, two = opened(company.ana), opened(company.ana)
    with audit.act(company.ana, LINK, record=one.number, reason="same root cause") as act:
        link = actions.add_link(act, company.ana, one, two, kind="raised_by", back="raised")
    with audit.act(company.ana, LINK, record=one.number, reason="linked to the wrong one") as act:
        actions.end_link(act, company.ana, link)
    with audit.act(company.petra, REASSIGN, record=one.number, reason="Ana is on leave") as act:
        actions.reassign(act, company.petra, one, owner=Person.objects.get(user_id="petra"))
    upload = files.receive(company.ana, io.BytesIO(b"x"), name="photo.png")
    with audit.act(company.ana, ATTACH, record=one.number) as act:
        actions.attach(act, company.ana, one, upload=upload)
    attach, owner, ended, linked, _create = _read(company.ana, record=one.number)
    assert _changes(linked) == [("link", "Link: Raised by", None, two.number)]
    assert _changes(ended) == [("link", "Link ended", f"Raised by: {two.number}", None)]
    assert _changes(owner) == [("owner", "Owner", "ana", "petra")]
    assert [c[0] for c in _changes(attach)] == ["attachments", "file"]
    assert upload.sha256 in _changes(attach)[1][3] and "photo.png" in _changes(attach)[1][3]
    assert [i["id"] for i in _read(company.ana, record=two.number)][:2] == [ended["id"], linked["id"]]


@pytest.mark.urs("URS-AUT-06")
def test_a_link_to_a_hidden_record_does_not_tell_its_number(company: Company) -> None:
    here, there = opened(company.ana), opened(company.omar)
    with audit.act(company.ines, LINK, record=here.number) as act:
        link = actions.add_link(act, company.ines, here, there, kind="follows", back="followed_by")
    with audit.act(company.ines, LINK, record=here.number) as act:
        actions.end_link(act, company.ines, link)
    assert there.number not in str(_read(company.ana)) and here.number not in str(_read(company.omar))
    assert there.number in str(_read(company.ines, record=here.number))


@pytest.mark.urs("URS-AUD-07")
def test_a_secret_is_told_as_changed_and_never_shown(company: Company) -> None:
    from indelible.kernel.audit.queries import clock
    from indelible.kernel.identity.models import Credential

    with audit.act(company.ana, EDIT) as act:
        assert act.id
        made = Credential.objects.create(
            person_id=company.ana.person_id, secret="argon2$canary", issued_by="ana", issued_at=clock()
        )
    with audit.act(company.ana, EDIT):
        made.secret = "argon2$second"
        made.save(update_fields=["secret"])
    changed, first = _read(company.ines, person="ana")
    assert ("credential.secret", "Credential: secret", None, "changed (not shown)") in _changes(first)
    assert _changes(changed) == [
        ("credential.secret", "Credential: secret", "(not shown)", "changed (not shown)")
    ]
    assert ("credential.person", "Credential: person", None, "ana") in _changes(first)
    assert "canary" not in str(first) and "hmac" not in str(first)


@pytest.mark.urs("URS-AUD-13")
def test_a_job_is_found_by_the_person_it_acts_for(company: Company) -> None:
    record = opened(company.ana)
    job = audit_types.job("expiry", 3, on_behalf_of="petra")
    with audit.act(job, STEP, record=record.number) as act:
        actions.move_state(act, job, record, expected=1, state="void")
    (item,) = _read(company.petra, person="petra")
    assert (item["person"]["user_id"], item["on_behalf_of"]) == ("job:expiry@3", "petra")


@pytest.mark.urs("URS-AUD-03")
def test_a_write_past_the_product_stands_in_the_trail_under_the_logins_name(
    company: Company, database: Any
) -> None:
    record = opened(company.ana)
    database.superuser("update records_record set state = 'closed' where number = %s", [record.number])
    database.superuser("update identity_site set name = 'Bale' where code = 'BSL'")
    direct, create = _read(company.ana, record=record.number)
    assert _changes(direct) == [("state", "State", "draft", "closed")]
    assert direct["action"] == "database.update" and direct["channel"] == "sql" and create["channel"] == "web"
    assert direct["person"]["name"].startswith("Database login ")
    assert [_changes(i) for i in _read(company.ines, action="database.update")] == [
        [("site.name", "Site: name", "Basel", "Bale")],
        [("state", "State", "draft", "closed")],
    ]
    assert len(_read(company.ana, action="database.update")) == 1
    assert {i["id"] for i in _read(company.ines, sort="record")} == {i["id"] for i in _read(company.ines)}


@pytest.mark.urs("URS-AUD-11")
def test_filters_by_person_time_process_field_action_outcome_and_words(company: Company) -> None:
    one = opened(company.ana)
    two = opened(company.petra, process="capa", prefix="CAPA")
    revised(
        company.petra, one, 1, "Balance 100% out_of order", problem="Lid open", actions=[{"owner": "ana"}]
    )
    with audit.act(company.ana, STEP, record=one.number) as act:
        actions.move_state(act, company.ana, one, expected=2, state="closed")
    every = _read(company.ines)
    of = lambda **wanted: [i["id"] for i in _read(company.ines, **wanted)]  # noqa: E731
    step, edit, capa, deviation = [i["id"] for i in every[:4]]
    assert of(person="petra") == [edit, capa] and of(process="capa") == [capa] == of(record=two.number)
    assert of(field="actions") == [edit] == of(field="actions[3].owner") == of(field="actions.owner")
    assert of(field="state", action="record.step") == [step] and of(field="owner") == [capa, deviation]
    assert of(field="person.email") == [every[4]["id"]] == of(field="site.legal_entity")
    assert of(outcome="denied") == [] and of(action="record.edit") == [edit]
    assert of(q="100% OUT_OF") == [edit] and of(q="1_0") == [] and of(q="changed petra") == [edit]
    since, until = every[2]["at"], every[1]["at"]
    assert of(since=since, until=until) == [capa] and of(since=until + timedelta(days=1)) == []
    for nothing in ("\x00", "\ud800", "' or true --", "x" * 5_000):
        for name in ("person", "process", "record", "field", "action", "outcome", "q"):
            assert of(**{name: nothing}) == [], name


@pytest.mark.urs("URS-AUD-11")
@pytest.mark.parametrize("sort", ["newest", "oldest", "person", "record", "action", "field"])
def test_each_order_is_whole_and_stable_over_its_pages(company: Company, database: Any, sort: Any) -> None:
    for actor in (company.ana, company.petra, company.omar, company.ana):
        revised(actor, opened(actor), 1, f"why {actor.name} did", problem="x", cause="y")
    database.superuser("update identity_site set name = 'Bale' where code = 'BSL'")
    wanted, found, cursor = TrailFilter(sort=sort), [], ""
    whole = trail.page(company.ines, wanted, limit=500).items
    while cursor is not None:
        page = trail.page(company.ines, wanted, cursor=cursor, limit=2)
        found += page.items
        cursor = page.next  # type: ignore[assignment]
    assert found == list(whole) == list(trail.entries(company.ines, wanted))
    assert len(found) == trail.count(company.ines, wanted) == len({i["id"] for i in found})
    keys = {
        "newest": lambda i: -i["id"],
        "oldest": lambda i: i["id"],
        "person": lambda i: i["person"]["user_id"],
        "record": lambda i: i["record"],
        "action": lambda i: i["action"],
    }
    if sort in keys:
        assert [keys[sort](i) for i in found] == sorted(keys[sort](i) for i in found)


@pytest.mark.parametrize("sort", ["newest", "person"])
def test_a_cursor_of_another_order_is_refused(company: Company, refused: Any, sort: Any) -> None:
    with refused("cursor_unknown"):
        trail.page(company.ines, TrailFilter(sort=sort), cursor=cursor_of("oldest", 3))


def test_a_page_costs_the_same_number_of_queries_at_any_length(company: Company) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _ in range(12):
        revised(company.ana, opened(company.ana), 1, problem="x")
    spent = []
    for limit in (3, 20):
        with CaptureQueriesContext(connection) as caught:
            trail.page(company.ines, TrailFilter(), limit=limit)
        spent.append(len(caught))
    assert spent[0] == spent[1] <= 8
