"""Receiving and opening files with a real database: each refusal is recorded and changes nothing."""

from __future__ import annotations

import io
from typing import Any

import pytest

from indelible.kernel.audit import actions as audit
from indelible.kernel.audit.types import Actor
from indelible.kernel.files import actions
from indelible.kernel.files.models import Blob
from indelible.kernel.files.types import LIMIT
from indelible.kernel.workflow.events import ATTACH

ANA = Actor(user_id="ana", name="Ana Lima", roles=("author",), source="192.0.2.7")


class Endless(io.BytesIO):
    """A stream that never ends."""

    def read(self, size: int | None = -1) -> bytes:
        return b"\0" * (size or 1)


@pytest.mark.urs("URS-RET-06")
def test_an_endless_upload_is_refused_at_the_limit_and_keeps_no_byte(database: Any, refused: Any) -> None:
    with refused("file_too_large") as caught:
        actions.receive(ANA, Endless(), name="../huge\u202e.bin", record="DEV-2026-00001")
    assert "64 MiB" in caught.value.detail and LIMIT == 64 * 1024**2
    assert not list((database.home.files / "incoming").iterdir())
    assert database.rows("select object, record from audit.act where outcome = 'denied'") == [
        ("huge.bin", "DEV-2026-00001")
    ]


@pytest.mark.urs("URS-OPS-02")
def test_an_empty_file_is_no_evidence(database: Any, refused: Any) -> None:
    with refused("file_empty"):
        actions.receive(ANA, io.BytesIO(b""), name="evidence.pdf")


@pytest.mark.urs("URS-RET-06")
def test_a_replaced_file_is_refused_recorded_and_put_right_only_by_the_same_bytes(
    database: Any, refused: Any
) -> None:
    upload = actions.receive(ANA, io.BytesIO(b"%PDF-1.7 signed"), name="sop.pdf")
    with audit.act(ANA, ATTACH) as act:
        actions.register(act, upload)
    path = database.home.files / upload.sha256[:2] / upload.sha256[2:4] / upload.sha256
    path.unlink()
    path.write_bytes(b"%PDF-1.7 forged")
    with refused("file_damaged", urs="URS-RET-06"):
        actions.original(ANA, upload.sha256)
    actions.receive(ANA, io.BytesIO(b"%PDF-1.7 signed"), name="copy.pdf")
    restored = database.rows("select user_id, object from audit.act where action = 'file.restore'")
    assert restored == [("ana", upload.sha256)]
    with actions.original(ANA, upload.sha256).content as read:
        assert read.read() == b"%PDF-1.7 signed"


def test_bytes_are_registered_once_and_shown_by_their_own_type(database: Any) -> None:
    upload = actions.receive(ANA, io.BytesIO(b"<html>"), name="report.pdf")
    for _ in range(2):
        with audit.act(ANA, ATTACH) as act:
            blob = actions.register(act, upload)
    assert (blob.size, blob.media) == (6, "application/octet-stream")
    assert Blob.objects.count() == 1
    assert database.rows("select count(*) from audit.event where tbl = 'files_blob' and op = 'I'") == [(1,)]
