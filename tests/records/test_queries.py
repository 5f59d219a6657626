"""Who may know of which record: lists, counts, search, history; what another site has does not show anywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection

from indelible.kernel.audit.paging import cursor_of
from indelible.kernel.audit.types import Refusal
from indelible.kernel.records import actions, history, queries
from indelible.kernel.records.types import RecordFilter
from tests.records.company import Company, opened, revised


@pytest.mark.urs("URS-AUT-06")
def test_not_there_and_not_yours_are_one_answer_and_one_entry(
    company: Company, database: Any, refused: Any
) -> None:
    theirs = opened(company.omar).number
    answers = []
    for number in (theirs, "DEV-2026-99999"):
        with refused("not_there", urs="URS-AUT-06") as caught:
            actions.open_record(company.ana, number)
        answers.append((caught.value.rule, caught.value.detail.replace(number, "N")))
    assert answers[0] == answers[1] and answers[0][0].status == 404
    denied = database.rows(
        "select user_id, record, source from audit.act where outcome = 'denied' order by id"
    )
    assert denied == [("ana", theirs, "192.0.2.7"), ("ana", "DEV-2026-99999", "192.0.2.7")]


@pytest.mark.parametrize("typed", ["", "x" * 500, "a\x00b", "\ud800", "' or 1=1 --", "DEV-2026-00001\n", "%"])
def test_whatever_is_typed_as_a_number_is_kept_as_typed_to_64_characters(
    company: Company, database: Any, refused: Any, typed: str
) -> None:
    with refused("not_there"):
        actions.open_record(company.ana, typed)
    ((kept,),) = database.rows("select record from audit.act where outcome = 'denied'")
    assert kept == typed[:64].replace("\x00", "\ufffd").replace("\ud800", "?")


@pytest.mark.urs("URS-AUT-06")
def test_lists_counts_and_search_show_nothing_of_another_site(company: Company) -> None:
    mine, theirs = (
        opened(company.ana, {"problem": "Autoclave door"}),
        opened(company.omar, {"problem": "Autoclave lid"}),
    )
    for wanted in (RecordFilter(), RecordFilter(q="autoclave"), RecordFilter(q=theirs.number[:8])):
        assert [r.number for r in queries.page(company.ana, wanted).items] == [mine.number]
        assert queries.count(company.ana, wanted) == 1 and queries.count(company.ines, wanted) == 2
    assert queries.page(company.ana, RecordFilter(site="TYO")).items == []
    assert queries.page(company.ana, RecordFilter(owner="omar")).items == []
    assert queries.counts_by_state(company.ana) == {("deviation", "draft"): 1}
    assert queries.counts_by_state(company.ines, "deviation") == {("deviation", "draft"): 2}
    assert not queries.visible_to(replace(company.ana, sites=())).exists()


def test_search_finds_words_beginnings_numbers_and_every_script(company: Company) -> None:
    record = opened(
        company.ana,
        {
            "problem": "Temperature of Autoklav-7 left 9.90 °C",
            "actions": [{"what": "Reinigung prüfen"}, {"what": "滅菌 確認"}],
            "weight": {"value": "12.50", "unit": "mg"},
        },
    )
    number = record.number
    for q in (
        "temper",
        "AUTOKLAV",
        "autoklav-7",
        "9.90",
        "prüf",
        "滅菌",
        "12.50",
        "temp rein",
        number,
        number[:6].lower(),
    ):
        assert queries.count(company.ana, RecordFilter(q=q)) == 1, q
    for q in ("emperature", "temper gone", "---", "'", "a'b:*&|!", "\x00", "\ud800", "<->"):
        assert queries.count(company.ana, RecordFilter(q=q)) == 0, q


def test_the_longest_texts_can_be_saved_and_are_searched_from_their_beginning(company: Company) -> None:
    rare = " ".join(chr(0x20000 + n) for n in range(40_000))
    fields = {f"text_{n}": rare for n in range(4)} | {"plain": "a-b" * 33_000, "problem": "needle"}
    opened(company.ana, fields)
    assert queries.count(company.ana, RecordFilter(q="needle")) == 1


def test_filters_narrow_and_updated_from_is_inclusive(company: Company) -> None:
    one, two = opened(company.ana), opened(company.petra, process="capa", prefix="CAPA", state="planned")
    numbers = lambda **f: [r.number for r in queries.page(company.ana, RecordFilter(**f)).items]  # noqa: E731
    assert numbers(process="capa") == [two.number] == numbers(state="planned") == numbers(owner="petra")
    assert numbers(updated_from=two.updated_at) == [two.number]
    assert numbers(updated_from=one.updated_at) == [two.number, one.number] == numbers(site="BSL")
    assert numbers(updated_from=two.updated_at + timedelta(seconds=1)) == [] == numbers(process="no\x00ne")


def test_pages_neither_repeat_nor_hide_what_is_opened_or_changed_meanwhile(company: Company) -> None:
    made = [opened(company.ana).number for _ in range(7)]
    found, cursor = [], ""
    while cursor is not None:
        page = queries.page(company.ana, RecordFilter(), cursor=cursor, limit=3)
        found += [r.number for r in page.items]
        cursor = page.next  # type: ignore[assignment]
        opened(company.ana)
    assert found == made[::-1]


def test_the_last_changed_stand_first_where_asked(company: Company) -> None:
    records = [opened(company.ana) for _ in range(3)]
    revised(company.ana, records[0], 1, problem="changed")
    wanted = RecordFilter(sort="updated")
    first = queries.page(company.ana, wanted, limit=2)
    rest = queries.page(company.ana, wanted, limit=2, cursor=first.next or "")
    assert [r.pk for r in [*first.items, *rest.items]] == [
        records[i].pk for i in (0, 2, 1)
    ] and rest.next is None


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "!!!!",
        "AAAA",
        cursor_of("updated", "2026-01-01", 3),
        cursor_of("newest", "3"),
        cursor_of("newest", True),
        cursor_of("newest", 2**70),
        cursor_of("newest"),
        cursor_of("newest", 1, 2),
        "W" * 5_000,
    ],
)
def test_a_cursor_nobody_gave_out_is_refused(company: Company, refused: Any, cursor: str) -> None:
    with refused("cursor_unknown") as caught:
        queries.page(company.ana, RecordFilter(), cursor=cursor)
    assert caught.value.rule.status == 400


@pytest.mark.parametrize("at", ["no date", "2026-01-01T00:00:00", "\x00"])
def test_a_cursor_with_a_wrong_moment_is_refused(company: Company, refused: Any, at: str) -> None:
    with refused("cursor_unknown"):
        queries.page(company.ana, RecordFilter(sort="updated"), cursor=cursor_of("updated", at, 1))


@pytest.mark.urs("URS-AUD-06")
def test_every_earlier_value_stands_in_place_with_who_when_and_why(company: Company) -> None:
    record = opened(company.ana, {"problem": "one", "criterion": {"measure": "ppm"}})
    revised(company.ana, record, 1, "typing error found", problem="two", criterion={"measure": "ppm"})
    revised(company.petra, record, 2, "batch sheet says three", problem="three", criterion={"measure": "ppm"})
    revised(company.ana, record, 3, "moved to the cause field", criterion={"measure": "ppm", "window": 90})
    found = history.earlier_values(queries.get(company.petra, record.number))
    told = [(e.value, e.revision, e.user_id, e.name, e.reason) for e in found["problem"]]
    assert told == [
        ("one", 1, "ana", "Ana Lima", ""),
        ("two", 2, "ana", "Ana Lima", "typing error found"),
        ("three", 3, "petra", "Petra Vogel", "batch sheet says three"),
        (None, 4, "ana", "Ana Lima", "moved to the cause field"),
    ]
    assert [e.at for e in found["problem"]] == sorted(e.at for e in found["problem"])
    assert [e.value for e in found["criterion.measure"]] == ["ppm"]
    assert [(e.value, e.revision) for e in found["criterion.window"]] == [(90, 4)]


def test_revisions_are_listed_newest_first_and_an_unknown_one_is_not_there(company: Company) -> None:
    record = opened(company.ana)
    revised(company.petra, record, 1, problem="two")
    assert [(r.number, r.author) for r in queries.revisions(record)] == [(2, "petra"), (1, "ana")]
    assert queries.authors_of(record, [1, 2]) == ["ana", "petra"]
    assert queries.content_of(queries.revision(record, 1))["fields"] == {"problem": "Lid open"}
    for number in (0, 3, -1, 2**40):
        with pytest.raises(Refusal, match="not_there"):
            queries.revision(record, number)


@pytest.mark.parametrize("sort", ["newest", "updated"])
@pytest.mark.parametrize(("near", "probed"), [(1_000, 1_000), (2, 1_000), (2, 2), (2, 0)])
def test_a_search_finds_the_same_by_the_list_by_the_index_and_row_by_row(
    company: Company, monkeypatch: Any, near: int, probed: int, sort: Any
) -> None:
    made = [opened(company.ana, {"problem": f"Lid {n}"}) for n in range(4)]
    opened(company.omar)
    for _ in range(3):
        opened(company.ana, {"problem": "Door"})
    if sort == "updated":
        revised(company.ana, made[0], 1, problem="Lid again")
        made = [*made[1:], made[0]]
    monkeypatch.setattr(queries, "NEAR", near)
    monkeypatch.setattr(queries, "PROBED", probed)
    wanted = RecordFilter(q="lid", sort=sort)
    first = queries.page(company.ana, wanted, limit=3)
    rest = queries.page(company.ana, wanted, limit=3, cursor=first.next or "")
    assert first.next and rest.next is None
    assert [r.pk for r in [*first.items, *rest.items]] == [r.pk for r in made[::-1]]
    assert queries.count(company.ana, wanted) == 4
    by_number = RecordFilter(q=made[1].number.lower(), sort=sort)
    assert [r.pk for r in queries.page(company.ana, by_number).items] == [made[1].pk]


def test_a_search_follows_each_save_and_only_the_database_writes_what_it_reads(
    company: Company, database: Any
) -> None:
    record = opened(company.ana, {"problem": "Lid open"})
    revised(company.ana, record, 1, problem="Door open")
    assert [queries.count(company.ana, RecordFilter(q=q)) for q in ("lid", "door", "open")] == [0, 1, 1]
    for statement in ("update records_searchable set words = ''", "delete from records_searchable"):
        with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only records are searched"):
        database.superuser(
            "create temporary table mine (id bigint, number text, title text, values jsonb);"
            " create trigger mine after insert on mine for each row execute function public.records_keep_searchable();"
            f" insert into mine values ({record.pk}, '', 'hidden', '{{}}')"
        )
    assert queries.count(company.ana, RecordFilter(q="door")) == 1


def test_the_search_index_serves_the_search(company: Company) -> None:
    opened(company.ana)
    with connection.cursor() as cursor:
        cursor.execute("set enable_seqscan = off")
        cursor.execute(
            "explain select record_id from records_searchable where words @@ to_tsquery('simple', 'lid:*')"
        )
        assert "records_searchable_words" in str(cursor.fetchall())
