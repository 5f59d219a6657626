"""A CAPA to which much happened, and its bundle: undone and outdated signatures, files, links, a second owner, a record it follows."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from indelible.kernel.records.models import Record
from indelible.kernel.records.types import Handwritten
from indelible.kernel.signatures.models import Signature
from indelible.kernel.workflow import actions
from indelible.kernel.workflow.withdrawal import name_of
from tests.api.deviations import FIRST
from tests.people import ANA, PETRA, RAJ
from tests.workflow.carrying import Hand, checked

LABEL = Handwritten(signer="Dr. Ada Keller", signed_on=date(2026, 3, 4), original="binder Q-3, page 12")
SECOND = "The draught from the new door."


def attached(hand: Hand, number: str, content: bytes, **more: Any) -> None:
    actions.attach_file(hand.actor, number, name="page 12.png", content=io.BytesIO(content), **more)


def eventful_capa() -> tuple[str, str]:
    """The numbers of a CAPA and of the deviation it is linked to.

    Its signatures: submit stands, propose and approve are of an earlier revision, finish is withdrawn by the step back, which
    stands; the second propose is taken back by its signer.
    """
    ana, petra = Hand(ANA), Hand(PETRA)
    deviation = ana.create("deviation", FIRST)
    record = petra.sign(
        checked(ana, petra), "reopen", {"result": "Two rejects."}, reason="target missed in lot B"
    )
    rows = [{**row, "what": "Close the door"} for row in record.values["actions"]]
    record = ana.edit(
        record,
        {"root_cause": SECOND, "actions": rows},
        reason="second investigation",
    )
    attached(ana, record.number, b"a page with ink on it", handwritten=LABEL)
    attached(ana, record.number, b"the same page, read anew", reason="the first was not to be read")
    actions.link_records(
        ana.actor, record.number, "raised_by", deviation.number, reason="it led to this CAPA"
    )
    record = ana.sign(Record.objects.get(pk=record.pk), "propose")
    taken_back = name_of(Signature.objects.filter(record=record).latest("id"))
    record = ana.sign(record, taken_back, reason="the date is not the agreed one")
    actions.reassign(ana.actor, record.number, RAJ.user_id, reason="knows the cold store best")
    return str(record.number), str(deviation.number)
