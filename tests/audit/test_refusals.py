"""What the database itself refuses is told as a refusal with its rule, written down, and nothing stands of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from indelible.kernel.audit.actions import act
from indelible.kernel.audit.types import REASON_MAXIMUM
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity.events import ENTITY_CREATE, PERSON_DEACTIVATE
from indelible.kernel.identity.models import LegalEntity
from tests.conftest import Database
from tests.people import SAM, signed_in


@pytest.mark.urs("URS-AUD-01")
def test_a_write_whose_act_was_wiped_out_is_refused(stocked: Database, refused: Any) -> None:
    sam = signed_in(SAM)
    with refused("no_actor"), act(sam, ENTITY_CREATE, object="B"), connection.cursor() as cursor:
        cursor.execute("select set_config('indelible.act', '', true)")
        LegalEntity.objects.create(code="B", name="Company of nobody")


@pytest.mark.urs("URS-AUD-01")
@pytest.mark.parametrize("held", ["1:1", "999999:3", ":"])
def test_a_write_under_another_act_than_its_own_is_refused(
    stocked: Database, refused: Any, held: str
) -> None:
    sam = signed_in(SAM)
    with refused("no_actor"), act(sam, ENTITY_CREATE, object="B"), connection.cursor() as cursor:
        cursor.execute("select set_config('indelible.act', %s, true)", [held])
        LegalEntity.objects.create(code="B", name="Company of another act")


@pytest.mark.urs("URS-AUD-03")
@pytest.mark.parametrize(
    "statement",
    [
        "update records_revision set content = ''",
        "delete from identity_person",
        "truncate records_record",
        "delete from audit.act",
        "update audit.event set new = '{}'",
        "insert into audit.leaf (seq, entry, bytes, hash) values (0, 1, '', '')",
        "set session_replication_role = replica",
        "select setval('audit.entry_id_seq', 1)",
    ],
)
def test_the_services_own_login_alters_nothing_that_was_written(
    stocked: Database, refused: Any, statement: str
) -> None:
    sam = signed_in(SAM)
    with refused("append_only"), act(sam, ENTITY_CREATE, object="B"), connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_act_is_named_once(stocked: Database) -> None:
    with act(signed_in(SAM), ENTITY_CREATE) as opened:
        opened.name(object="first", record="DEV-2026-00001")
        opened.name(object="second", record="DEV-2026-00002")
    assert stocked.rows("select record from audit.act where object = 'first'") == [("DEV-2026-00001",)]


@pytest.mark.urs("URS-AUD-05")
def test_a_reason_longer_than_any_page_is_refused(stocked: Database, refused: Any) -> None:
    long = "left the company, and this is how it came to that. " * (REASON_MAXIMUM // 50 + 1)
    sam = signed_in(SAM)
    with refused("reason_too_long", urs="URS-AUD-05"):
        identity.deactivate_person(sam, "tom", reason=long)
    assert stocked.rows("select 1 from audit.act where action = %s", [PERSON_DEACTIVATE.name]) == []
