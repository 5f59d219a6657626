"""Signing: components, periods, meanings, failures; the wrong paths first (URS-SIG-01 to -08, URS-MAN-01 to -05)."""

import threading
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection

from indelible.kernel.audit.types import Refusal, job
from indelible.kernel.identity import actions as identity
from indelible.kernel.identity import queries as people_queries
from indelible.kernel.signatures import acceptances, queries
from indelible.kernel.signatures.actions import record_certification
from indelible.kernel.signatures.models import Period, Signature
from indelible.kernel.signatures.types import Components
from indelible.kernel.workflow import actions
from tests import people
from tests.signatures.signing import DRAFT, MEANING, all_of, capa, later, submit

pytestmark = pytest.mark.own_server

WRONG = "eleven loud herons wade past"
ANA = people.ANA


@pytest.fixture
def ana(stocked):
    return people.signed_in(ANA)


@pytest.mark.urs("URS-CRT-02")
def test_no_company_signs_before_its_certification_is_on_file(stocked, refused):
    sam, uma, petra = (people.signed_in(p) for p in (people.SAM, people.UMA, people.PETRA))
    identity.create_legal_entity(sam, "ACUS", "Acme US Inc")
    identity.create_site(sam, "NYC", "New York", zone="America/New_York", legal_entity="ACUS")
    identity.change_person(sam, "ana", site="NYC", reason="moved to New York in May")
    people.granted("ana", "author")
    ana = people.signed_in(ANA)
    record = capa(ana)
    with refused("not_certified", urs="URS-CRT-02") as caught:
        submit(ana, record, all_of(ANA))
    assert "Acme US Inc" in caught.value.detail and "letter" in caught.value.detail
    with refused("not_certified", urs="URS-CRT-02"):
        acceptances.accept(ana, all_of(ANA), version=1)
    raj = people.signed_in(people.RAJ)
    with refused("not_authorised"):
        people.certify(raj, "ACUS")
    evidence = {
        "signatory": "Greta Lang",
        "route": "paper",
        "sent_on": date(2026, 1, 5),
        "receipt": "binder Q-3",
    }
    for lacking in (
        {"receipt": ""},
        {"route": "e-signature"},
        {"sent_on": date(2999, 1, 1)},
        {"signatory": "\u200b"},
    ):
        with refused("certification_incomplete") as caught:
            record_certification(uma, "ACUS", **{**evidence, **lacking}, reason="letter posted to the agency")
        assert set(caught.value.fields) == set(lacking)
    with refused("certification_incomplete"):
        record_certification(uma, "NOPE", **evidence, reason="letter posted to the agency")
    with refused("reason_missing"):
        record_certification(uma, "ACUS", **evidence, reason="")
    people.certify(petra, "ACUS")
    assert submit(ana, record, all_of(ANA)).organisation == "Acme US Inc"


@pytest.mark.urs("URS-SIG-01", "URS-SIG-02")
@pytest.mark.parametrize(
    "components",
    [
        later(ANA),
        Components("", ANA.password),
        Components(" \u200b", ANA.password),
        Components("ana", ""),
        Components(None, ""),
    ],
)
def test_the_first_signing_wants_id_and_password_and_sign_in_does_not_count(
    stocked, refused, ana, components
):
    record = capa(ana)
    with refused("components_first", urs="URS-SIG-02"):
        submit(ana, record, components)
    assert not Period.objects.exists()


@pytest.mark.urs("URS-SIG-03")
def test_a_later_signing_wants_the_password_and_never_the_id_alone(stocked, refused, ana):
    assert not queries.has_period(ana)
    submit(ana, capa(ana), all_of(ANA))
    assert queries.has_period(ana)
    record = capa(ana)
    for lacking in (Components("ana", ""), Components(None, "")):
        with refused("components_later", urs="URS-SIG-03"):
            submit(ana, record, lacking)
    with refused("component_unknown"):
        submit(ana, record, Components(None, ANA.password, "123456"))
    second = submit(ana, record, later(ANA))
    assert (second.position, second.components, second.period.signings) == (2, "password", 2)


@pytest.mark.urs("URS-SIG-07")
@pytest.mark.parametrize(
    "components",
    [
        Components("ana", WRONG),
        Components("raj", ANA.password),
        Components("raj", people.RAJ.password),
        Components("\u0430na", ANA.password),
        Components("ana\x00", WRONG),
        Components("ana", "\ud800"),
    ],
)
def test_another_persons_components_sign_nothing_and_tell_nothing(stocked, refused, ana, components):
    record = capa(ana)
    with refused("signing_failed", urs="URS-SIG-07", ignoring=("identity_lockout",)) as caught:
        submit(ana, record, components)
    assert "id and password" in caught.value.detail
    assert not Signature.objects.exists() and not Period.objects.exists()
    with refused("components_first"):
        submit(ana, record, later(ANA))  # a failed signing opens no period


@pytest.mark.urs("URS-SIG-07")
def test_four_failures_then_one_signature_and_the_trail_tells_all_of_it(stocked, refused, ana):
    record = capa(ana)
    for _ in range(4):
        with refused("signing_failed", ignoring=("identity_lockout",)):
            submit(ana, record, Components("ana", WRONG))
    submit(ana, record, all_of(ANA))
    told = stocked.rows(
        "select outcome, rule, detail ->> 'cause' from audit.act where record = %s and action = 'record.step' order by id",
        [record.number],
    )
    assert told == [("denied", "URS-SIG-07 signing_failed", "wrong password")] * 4 + [("done", "", None)]
    assert Signature.objects.filter(record=record).count() == 1
    assert stocked.rows("select failures from identity_lockout where failures > 0") == []


@pytest.mark.urs("URS-ACC-07", "URS-SIG-07")
def test_failed_signings_and_sign_ins_lock_together_and_end_signing(stocked, refused, ana):
    record = capa(ana)
    for _ in range(3):
        with refused("sign_in_failed", ignoring=("identity_lockout",)):
            identity.sign_in("ana", WRONG, source="198.51.100.1", channel="api")
    for _ in range(2):
        with refused("signing_failed", ignoring=("identity_lockout",)):
            submit(ana, record, Components("ana", WRONG))
    assert people_queries.is_account_locked(people_queries.person_of("ana"))
    with refused("signing_failed"):
        submit(ana, record, all_of(ANA))
    uma = people.signed_in(people.UMA)
    identity.unlock_account(uma, "ana", confirmed="called_back", reason="she called from her desk")
    submit(ana, record, all_of(ANA))


@pytest.mark.urs("URS-MAN-05")
@pytest.mark.parametrize("meaning", ["", "Approval of the plan", MEANING.lower(), MEANING + " "])
def test_the_meaning_is_the_steps(stocked, refused, ana, meaning):
    record = capa(ana)
    with refused("meaning_differs", urs="URS-MAN-05"):
        submit(ana, record, all_of(ANA, meaning=meaning))


@pytest.mark.urs("URS-SIG-03", "URS-LNK-03")
def test_a_replayed_request_makes_no_second_signature(stocked, refused, ana):
    record = capa(ana)
    submit(ana, record, all_of(ANA))
    with refused("out_of_sequence"):
        submit(ana, record, all_of(ANA))


@pytest.mark.urs("URS-SIG-08")
def test_no_job_and_nobody_without_a_session_signs(stocked, refused, ana):
    import dataclasses

    record = capa(ana)
    outside = dataclasses.replace(ana, session="")
    with refused("not_a_signer", urs="URS-SIG-08"):
        submit(outside, record, all_of(ANA))
    scheduled = job("closing", 1, on_behalf_of="ana")
    with pytest.raises(Refusal):
        submit(scheduled, record, all_of(ANA))


@pytest.mark.urs("URS-SIG-04")
@pytest.mark.parametrize("end", ["lock", "sign out", "idle", "restart", "password"])
def test_each_end_of_a_period_asks_all_components_again(stocked, refused, end):
    token, ana = people.session(ANA)
    submit(ana, capa(ana), all_of(ANA))
    person = ANA
    password = ANA.password
    if end == "lock":
        identity.lock_session(ana)
        identity.unlock_session(token, ANA.password, source="192.0.2.10", channel="web")
    elif end == "sign out":
        identity.sign_out(ana)
        token, ana = people.session(ANA)
    elif end == "idle":
        stocked.superuser(
            "update signatures_period set last_signed_at = last_signed_at - interval '601 seconds'"
        )
    elif end == "restart":
        stocked.superuser("update signatures_period set boot = 'yesterday'")
    else:
        password = WRONG
        identity.change_password(ana, person.password, password)
    assert not queries.has_period(ana)
    record = capa(ana)
    with refused("components_first"):
        submit(ana, record, Components(None, password))
    assert submit(ana, record, Components("ana", password)).position == 1


@pytest.mark.urs("URS-SIG-04")
@pytest.mark.parametrize(
    ("moved", "cause"),
    [
        ({"source": "198.51.100.7"}, "network address changed"),
        ({"device": "Another browser"}, "device changed"),
        ({"roles": True}, "roles changed"),
    ],
)
def test_a_session_that_moved_or_became_another_role_gives_all_components(stocked, refused, moved, cause):
    """A stolen cookie on another machine, and the password: no signature without the typed id, and the period is over."""
    token, ana = people.session(ANA)
    submit(ana, capa(ana), all_of(ANA))
    if moved.pop("roles", False):
        people.granted("ana", "reviewer")
    there = {"source": "192.0.2.10", "device": "Test", **moved}
    assert queries.has_period(identity.enter(token, channel="web", source="192.0.2.10", device="Test")) is (
        cause != "roles changed"
    )
    elsewhere = identity.enter(token, channel="web", **there)
    assert not queries.has_period(elsewhere)
    record = capa(elsewhere)
    with refused("components_first", urs="URS-SIG-02", ignoring=("signatures_period",)):
        submit(elsewhere, record, later(ANA))
    over = "select ended_cause from signatures_period where ended_at is not null"
    assert stocked.rows(over) == [(cause,)], "refused, and the period is over all the same"
    with refused("components_first"):  # nor does it go on where it began
        submit(ana, record, later(ANA))
    made = submit(elsewhere, record, all_of(ANA))
    assert made.position == 1
    assert stocked.rows(over) == [(cause,)]


@pytest.mark.urs("URS-SIG-04", "URS-SIG-07")
def test_a_wrong_password_from_elsewhere_is_counted_and_ends_the_period_in_one_entry(stocked, refused, ana):
    submit(ana, capa(ana), all_of(ANA))
    moved, record = replace(ana, source="198.51.100.7"), capa(ana)
    with refused("signing_failed", ignoring=("signatures_period", "identity_lockout")):
        submit(moved, record, Components("ana", WRONG))
    assert stocked.rows("select ended_cause from signatures_period") == [("network address changed",)]
    assert stocked.rows(
        "select failures from identity_lockout join identity_person p on p.id = person_id where user_id = 'ana'"
    ) == [(1,)]


@pytest.mark.urs("URS-SIG-04")
def test_a_locked_or_ended_session_signs_nothing(stocked, refused, ana):
    record = capa(ana)
    identity.lock_session(ana)
    with refused("not_signed_in"):
        submit(ana, record, all_of(ANA))


@pytest.mark.urs("URS-SIG-03")
def test_of_two_signings_at_once_in_one_session_the_second_is_a_later_one(stocked, ana):
    records, positions = [capa(ana), capa(ana)], []

    def execute(record):
        try:
            positions.append(submit(ana, record, all_of(ANA)).position)
        finally:
            connection.close()

    threads = [threading.Thread(target=execute, args=(record,)) for record in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(positions) == [1, 2]
    assert Period.objects.count() == 1


@pytest.mark.urs("URS-SIG-03")
def test_a_double_click_makes_one_signature(stocked, ana):
    record, answers = capa(ana), []

    def execute():
        try:
            submit(ana, record, all_of(ANA))
            answers.append("signed")
        except Refusal as refusal:
            answers.append(refusal.rule.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=execute) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["out_of_sequence", "signed"]
    assert Signature.objects.count() == 1


@pytest.mark.urs("URS-MAN-01", "URS-MAN-02", "URS-MAN-03", "URS-SIG-01")
def test_a_signature_carries_name_time_meaning_and_keeps_them(stocked, ana):
    record = capa(ana)
    submit(ana, record, all_of(ANA))
    sam = people.signed_in(people.SAM)
    identity.change_person(
        sam, "ana", name="Ana Alvarez-Roth", zone="Asia/Tokyo", site="SIN", reason="marriage certificate seen"
    )
    (told,) = queries.documents(queries.signatures_of(record))
    assert told["name"] == "Ana Alvarez" and told["user_id"] == "ana"
    assert told["meaning"] == MEANING and told["step"] == "submit" and told["revision"] == 1
    assert told["role"] == "Author" and told["organisation"] == "Acme Sterile Products Ltd"
    assert told["zone"] == "Europe/Zurich" and told["offset"] in {"+01:00", "+02:00"}
    assert told["components"] == ["user_id", "password"]
    assert told["invalid"] == []
    (now,) = stocked.rows("select now()")[0]
    from datetime import datetime

    assert abs((now - datetime.fromisoformat(told["at"])).total_seconds()) < 60


@pytest.mark.urs("URS-MAN-03", "URS-TIM-04")
def test_the_repeated_hour_has_two_offsets():
    from datetime import UTC, datetime

    from indelible.kernel.signatures.manifest import offset

    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert (offset(first, "Europe/Zurich"), offset(second, "Europe/Zurich")) == ("+02:00", "+01:00")
    assert offset(first, "Asia/Kolkata") == "+05:30"


@pytest.mark.urs("URS-LNK-02")
def test_the_step_that_enters_fields_signs_the_revision_with_them(stocked, ana):
    record = actions.create_record(ana, "capa", DRAFT)
    signed = submit(ana, record, all_of(ANA))
    assert signed.revision.number == 1
    assert bytes(signed.manifest).count(b"Vial 7 of lot A weighs 9.1 mg.") == 1


@pytest.mark.urs("URS-CRT-03", "URS-SIG-04")
def test_each_signature_keeps_by_what_its_signer_was_known(stocked, ana):
    made = submit(ana, capa(ana), all_of(ANA))
    kept = Signature.objects.get(pk=made.pk).evidence
    assert (kept["session"], kept["source"], kept["device"]) == (ana.session, "192.0.2.10", "Test")
    assert (kept["roles"], kept["identity"]["method"], kept["accountability"]["version"]) == (
        "author",
        "passport",
        "1",
    )
    acts = [int(kept["identity"]["act"]), int(kept["accountability"]["act"])]
    assert stocked.rows("select action, object from audit.act where id = any(%s) order by id", [acts]) == [
        ("identity.verify", "person:ana"),
        ("accountability.accept", "person:ana"),
    ]
    sealed = stocked.rows(
        "select new -> 'evidence' from audit.event where kind = 'esign' order by id desc limit 1"
    )
    assert sealed == [(kept,)]
