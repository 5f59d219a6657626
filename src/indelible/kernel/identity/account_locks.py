"""The lock of an account, shared by those who act as its person and taken whole by who ends rights of it (URS-AUT-01, 21 CFR 11.10(g)).

Advisory, for they queue: who waits to end is not passed by acts that come after, however many. A row's lock lets sharers pass, so that
whoever acts on and on keeps their own ending off. Locks are taken by account key, lowest first, and kept until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db import connection

_SPACE: Final = 11 << 48
"""Above the keys of accounts; the low-water marks of the trail are in space 7 (capture.sql), the publishing of processes in 0 or -1."""
_SHARE: Final = "select pg_advisory_xact_lock_shared(%s)"
_HOLD: Final = "select pg_advisory_xact_lock(%s)"
_SHARE_NAMED: Final = """
    select pg_advisory_xact_lock_shared(%s | id)
      from (select id from identity_person where user_id = any(%s) order by id) as named
"""


def share(user_ids: Collection[str]) -> None:
    """Inside an act: the accounts with these ids are shared with others who act; waits for who ends rights of one of them."""
    with connection.cursor() as cursor:
        cursor.execute(_SHARE_NAMED, [_SPACE, sorted(user_ids)])


def hold(ending: Collection[int], acting: Collection[int] = ()) -> None:
    """Inside an act: the accounts whose rights may end are held alone, those who act shared, all by their keys in one order."""
    alone = set(ending)
    with connection.cursor() as cursor:
        for key in sorted(alone.union(acting)):
            cursor.execute(_HOLD if key in alone else _SHARE, [_SPACE | key])
