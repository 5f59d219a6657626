"""The review of rights: each confirmed or removed by another, signed, and told when it is late; the wrong paths first (URS-ACC-06)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from indelible.kernel.audit.types import Refusal, job
from indelible.kernel.identity import actions
from indelible.kernel.identity import queries as identity
from indelible.kernel.notices import actions as notices
from indelible.kernel.signatures import access_reviews, issuances
from indelible.kernel.signatures.access_reviews import Decision, Right
from indelible.kernel.signatures.models import AccessReview
from indelible.kernel.signatures.types import Components
from tests import people
from tests.access.programs import allowed, program
from tests.conftest import Database
from tests.people import ANA, OMAR, PETRA, RAJ, SAM, UMA, VIC
from tests.web.conftest import signed_in

pytestmark = pytest.mark.urs("URS-ACC-06")
ALL = Components("uma", UMA.password)


def shown(actor: Any) -> tuple[list[Right], str]:
    listed = access_reviews.rights(actor)
    return listed, access_reviews.digest_of(listed)


def of(listed: list[Right], person: people.TestPerson) -> Right:
    return next(one for one in listed if one.person.user_id == person.user_id)


def test_who_reviews_and_what(stocked: Database, refused: Any) -> None:
    uma, sam, raj = people.signed_in(UMA), people.signed_in(SAM), people.signed_in(RAJ)
    with pytest.raises(Refusal, match="not_authorised"):
        access_reviews.rights(raj)
    listed, digest = shown(uma)
    keep: dict[str, Decision] = {of(listed, ANA).key: "keep"}
    with refused("not_authorised"):
        access_reviews.review(sam, Components("sam", SAM.password), digest=digest, decisions=keep)
    with refused("review_undecided"):
        access_reviews.review(uma, ALL, digest=digest, decisions={})
    with refused("review_undecided"):
        access_reviews.review(uma, ALL, digest=digest, decisions={**keep, "role:99999": "keep"})
    with refused("components_first"):
        access_reviews.review(uma, Components("", UMA.password), digest=digest, decisions=keep)
    with refused("signing_failed", ignoring=("identity_lockout",)):
        access_reviews.review(uma, Components("uma", "nine slow herons"), digest=digest, decisions=keep)
    allowed(ANA)
    with refused("rights_changed"):
        access_reviews.review(uma, ALL, digest=digest, decisions=keep)


def test_nobody_confirms_their_own_rights(stocked: Database, refused: Any) -> None:
    uma, petra = people.signed_in(UMA), people.signed_in(PETRA)
    listed, digest = shown(uma)
    everything: dict[str, Decision] = {one.key: "keep" for one in listed}
    with refused("own_rights"):
        access_reviews.review(uma, ALL, digest=digest, decisions=everything)
    own = of(listed, UMA).key
    access_reviews.review(
        uma, ALL, digest=digest, decisions={k: d for k, d in everything.items() if k != own}
    )
    assert [one.key for one in access_reviews.rights(uma) if one.reviewed_at is None] == [own]
    _, digest = shown(petra)
    given = Components("petra", PETRA.password)
    access_reviews.review(petra, given, digest=digest, decisions={own: "keep"})
    assert all(one.reviewed_at for one in access_reviews.rights(uma))


def test_what_is_removed_ends_at_once_and_what_was_signed_stands(stocked: Database) -> None:
    caller = program(ANA)
    actions.open_class(people.signed_in(PETRA), "vic", "HR", reason="writes about accidents")
    uma = people.signed_in(UMA)
    listed, digest = shown(uma)
    confidential = next(one for one in listed if one.kind == "class")
    machine = next(one for one in listed if one.kind == "machine")
    decisions: dict[str, Decision] = {
        of(listed, OMAR).key: "remove",
        machine.key: "remove",
        confidential.key: "remove",
        of(listed, RAJ).key: "keep",
    }
    made = access_reviews.review(uma, ALL, digest=digest, decisions=decisions)
    assert not identity.actor_of(
        identity.person_of("omar"), session="", source="", channel="web"
    ).roles and identity.roles_of([identity.person_of("raj")]).popitem()[1] == ("reviewer",)
    assert caller.get("/records").is_problem(401, "URS-ACC-09")
    assert people.signed_in(VIC).classes == ()
    kept = AccessReview.objects.get(pk=made.pk)
    assert kept.digest == sha256(kept.content.encode()).hexdigest()
    told = json.loads(kept.content)
    assert told["reviewer"] == {"id": "uma", "name": "Uma Lindqvist"}
    assert {(line[0], line[-1]) for line in told["rights"]} == set(decisions.items())
    ended = stocked.rows("select decision, by from identity_grant_decision where decision = 'ended'")
    assert ended == [("ended", "uma")]
    assert machine.key not in {one.key for one in access_reviews.rights(uma)}


def test_what_stands_out_is_flagged(stocked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed(ANA)
    uma = people.signed_in(UMA)
    listed, _ = shown(uma)
    assert next(one for one in listed if one.kind == "machine").flags == ("never drawn",)
    assert of(listed, OMAR).flags == ()
    monkeypatch.setattr(access_reviews, "DORMANT", timedelta(0))
    assert of(access_reviews.rights(uma), OMAR).flags == ("dormant",)


@pytest.mark.urs("URS-ACC-06", "URS-CRD-02")
def test_a_late_review_and_a_late_check_are_noticed_once(
    stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not access_reviews.due().overdue
    hand = job("notices", 1, on_behalf_of="installation")
    assert not [one.kind for one in notices.look(hand) if one.kind.endswith("_overdue")]
    monkeypatch.setattr(access_reviews, "EVERY", timedelta(0))
    monkeypatch.setattr(issuances, "EVERY", timedelta(0))
    assert {one.kind for one in notices.look(hand)} == {"review_overdue", "check_overdue"}
    assert notices.look(hand) == []
    uma = signed_in(UMA)
    assert "not reviewed in time" in uma.text(uma.get("/security"))


def test_by_page(stocked: Database) -> None:
    uma, here = signed_in(UMA), "/security/access-review"
    page = uma.text(uma.get(here))
    digest = re.search(r'name="digest" value="(\w+)"', page)
    right = re.search(r'name="(right role:\d+)"', page)
    assert digest and right and "yours: another decides" in page and "none yet" in page
    given = {"digest": digest[1], right[1]: "keep", "user_id": "uma", "password": "x"}
    wrong = uma.post(here, given, page=here)
    assert wrong.status_code == 422 and 'value="keep" checked' in uma.text(wrong)
    assert uma.post(here, {**given, "password": UMA.password}, page=here).status_code == 302
    assert "none yet" not in uma.text(uma.get(here))
    sam = signed_in(SAM)
    assert "Sign the review" not in sam.text(sam.get(here))
    assert signed_in(RAJ).get(here).status_code == 403
