"""Signing in, sessions, lockout, leaving (URS-ACC-01, -03, -04, -07, URS-AUD-07)."""

import time
from contextlib import ExitStack

import pytest

from indelible.home.layout import find_home
from indelible.kernel.identity import actions, queries
from indelible.kernel.identity.types import MOST_SESSIONS
from tests import people

WEB = {"source": "192.0.2.7", "channel": "web"}
API = {"source": "198.51.100.9", "channel": "api"}
WRONG = "eleven loud herons wade past"


def acts(database, since=0):
    return database.rows(
        "select action, outcome, user_id, object, source, detail from audit.act where id > %s order by id",
        [since],
    )


def last_act(database):
    return database.rows("select max(id) from audit.act")[0][0]


@pytest.mark.urs("URS-ACC-01")
@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "é" * 10_000])
def test_without_a_session_there_is_no_actor(stocked, refused, token):
    with refused("not_signed_in", urs="URS-ACC-01"):
        actions.enter(token, object="/records/CAPA-2026-00001", **WEB)


@pytest.mark.urs("URS-AUD-07", "URS-ACC-07")
def test_each_failed_sign_in_is_told_in_the_trail_and_answers_alike(stocked, refused):
    before, answers = last_act(stocked), set()
    actions.deactivate_person(people.signed_in(people.UMA), "tom", reason="did not start after all")
    tries = [("ana", WRONG), ("tom", people.TOM.password), ("nemo", WRONG), ("", ""), ("a\x00", "\ud800")]
    for place, (user_id, password) in enumerate(tries):
        with refused("sign_in_failed", ignoring=("identity_lockout",)) as caught:
            actions.sign_in(
                user_id, password, source=f"192.0.2.{place}", channel="web", device="Test browser"
            )
        answers.add((str(caught.value), tuple(caught.value.fields)))
    assert len(answers) == 1
    denied = [row for row in acts(stocked, before) if row[1] == "denied"]
    causes = [row[5]["cause"] for row in denied]
    assert causes == ["wrong password", "account not active", "unknown id", "unknown id", "unknown id"]
    assert [row[3] for row in denied[:2]] == ["person:ana", "person:tom"]
    assert all(row[3].startswith("unknown:") for row in denied[2:])
    assert [row[4] for row in denied] == [f"192.0.2.{place}" for place in range(5)]
    assert all(row[5]["device"] == "Test browser" for row in denied)


@pytest.mark.urs("URS-AUD-07")
def test_a_password_typed_into_the_id_field_is_found_nowhere(stocked, refused):
    canary = "xK9-canary-secret-Q7"
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        actions.sign_in(canary, canary, **WEB)
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        actions.sign_in("ana", canary, **WEB)
    ana = people.signed_in(people.ANA)
    token, _ = people.session(people.ANA)
    actions.change_password(ana, people.ANA.password, canary + " and more")
    for secret in (canary, canary.lower(), people.ANA.password, token):
        for schema, table in stocked.rows(
            "select schemaname, tablename from pg_tables where schemaname in ('public', 'audit')"
        ):
            found = stocked.superuser(
                f"select count(*) from {schema}.{table} as t where t::text ilike %s", [f"%{secret}%"]
            )
            assert found[0][0] == 0, f"{secret} stands in {schema}.{table}"


@pytest.mark.urs("URS-ACC-07")
def test_five_failures_over_all_channels_lock_the_account(stocked, refused):
    before = last_act(stocked)
    for where in (WEB, WEB, WEB, API, API):
        assert not queries.is_account_locked(queries.person_of("ana"))
        with refused("sign_in_failed", ignoring=("identity_lockout",)):
            actions.sign_in("ana", WRONG, **where)
    assert queries.is_account_locked(queries.person_of("ana"))
    assert ("account.lock", "done", "nobody", "person:ana") in {row[:4] for row in acts(stocked, before)}
    with refused("sign_in_failed") as caught:
        actions.sign_in("ana", people.ANA.password, **WEB)
    assert "lock" in caught.value.detail
    assert acts(stocked)[-1][5]["cause"] == "account locked"
    sam = people.signed_in(people.SAM)
    with refused("reason_missing"):
        actions.unlock_account(sam, "ana", confirmed="called_back", reason="")
    for said in ("", "passport", "I know her"):
        with refused("unlock_unconfirmed") as caught:
            actions.unlock_account(sam, "ana", confirmed=said, reason="she called from her desk")
        rule = caught.value.rule
        assert (rule.urs, rule.clause, rule.status) == ("URS-ACC-07", "21 CFR 11.300(d)", 422)
    who = people.signed_in(people.PETRA)
    with refused("not_authorised"):
        actions.unlock_account(who, "ana", confirmed="called_back", reason="she called from her desk")
    actions.unlock_account(sam, "ana", confirmed="called_back", reason="she called from her desk")
    kept = "select new ->> 'confirmed', new ->> 'by' from audit.events where tbl = 'identity_unlocking'"
    assert stocked.rows(kept) == [("called_back", "sam")]
    with refused("not_locked"):
        actions.unlock_account(sam, "ana", confirmed="called_back", reason="she called from her desk")
    people.signed_in(people.ANA)


@pytest.mark.urs("URS-ACC-07")
def test_nobody_unlocks_their_own_account(stocked, refused):
    sam = people.signed_in(people.SAM)
    for _ in range(5):
        with refused("sign_in_failed", ignoring=("identity_lockout",)):
            actions.sign_in("sam", WRONG, **WEB)
    with refused("own_rights"):
        actions.unlock_account(sam, "sam", confirmed="seen_in_person", reason="it was me, I mistyped it")


@pytest.mark.urs("URS-ACC-07")
def test_a_success_in_between_starts_the_count_again(stocked, refused):
    for _ in range(3):
        for _ in range(4):
            with refused("sign_in_failed", ignoring=("identity_lockout",)):
                actions.sign_in("ana", WRONG, **WEB)
        people.signed_in(people.ANA)
    assert not queries.is_account_locked(queries.person_of("ana"))


@pytest.mark.urs("URS-ACC-07")
def test_failures_inside_a_session_count_with_sign_ins(stocked, refused):
    token, ana = people.session(people.ANA)
    for _ in range(2):
        with refused("proof_failed", ignoring=("identity_lockout",)):
            actions.change_password(ana, WRONG, "nine brown herons wade past")
    for _ in range(2):
        with refused("proof_failed", ignoring=("identity_lockout",)):
            actions.unlock_session(token, WRONG, **WEB)
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        actions.sign_in("ana", WRONG, **WEB)
    assert queries.is_account_locked(queries.person_of("ana"))
    with refused("proof_failed"):
        actions.unlock_session(token, people.ANA.password, **WEB)


@pytest.mark.urs("URS-ACC-07")
def test_an_unknown_id_costs_the_same_time(stocked):
    from indelible.kernel.identity import proofs

    def cost(person):
        began = time.perf_counter()
        proofs.prove(person, WRONG)
        return time.perf_counter() - began

    ana = queries.person_of("ana")
    # in turns, so that other work on the machine hits both alike
    pairs = [(cost(ana), cost(None)) for _ in range(15)]
    known, unknown = (min(side) for side in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2


@pytest.mark.urs("URS-ACC-04")
def test_a_session_locks_when_its_person_is_idle_and_reopens_for_them_alone(stocked, refused):
    token, ana = people.session(people.ANA)
    stocked.superuser("update identity_session_seen set at = at - interval '15 minutes 1 second'")
    with refused("session_locked", ignoring=("identity_session",)):
        actions.enter(token, **WEB)
    assert acts(stocked)[-2][:3] == ("session.lock", "done", "ana")
    with refused("proof_failed", ignoring=("identity_lockout",)):
        actions.unlock_session(token, people.RAJ.password, **WEB)
    with refused("session_locked"):
        actions.enter(token, **WEB)
    assert actions.unlock_session(token, people.ANA.password, **WEB).user_id == "ana"
    assert actions.enter(token, **WEB).session == ana.session


@pytest.mark.urs("URS-ACC-04")
def test_polling_keeps_no_session_alive(stocked, refused):
    token, _ = people.session(people.ANA)
    stocked.superuser("update identity_session_seen set at = at - interval '10 minutes'")
    actions.enter(token, attended=False, **WEB)
    stocked.superuser("update identity_session_seen set at = at - interval '6 minutes'")
    with refused("session_locked", ignoring=("identity_session",)):
        actions.enter(token, attended=False, **WEB)


@pytest.mark.urs("URS-ACC-04")
def test_use_keeps_a_session_alive_but_not_beyond_its_end(stocked, refused):
    token, _ = people.session(people.ANA)
    stocked.superuser("update identity_session_seen set at = at - interval '10 minutes'")
    actions.enter(token, **WEB)
    stocked.superuser("update identity_session_seen set at = at - interval '10 minutes'")
    actions.enter(token, **WEB)
    stocked.superuser("update identity_session set expires_at = now()")
    with refused("not_signed_in", ignoring=("identity_session",)):
        actions.enter(token, **WEB)
    assert acts(stocked)[-2][:3] == ("session.end", "done", "ana")
    with refused("not_signed_in"):
        actions.unlock_session(token, people.ANA.password, **WEB)


@pytest.mark.urs("URS-ACC-04")
def test_one_session_too_many_ends_the_one_used_least_lately(stocked, refused):
    web = [people.session(people.ANA)[0] for _ in range(MOST_SESSIONS)]
    api = actions.sign_in(people.ANA.user_id, people.ANA.password, **API)[0]
    other = people.session(people.RAJ)[0]
    stocked.superuser("update identity_session_seen set at = at - interval '1 minute'")
    actions.enter(web[0], **WEB)
    latest = people.session(people.ANA)[0]
    with refused("not_signed_in", urs="URS-ACC-01"):
        actions.enter(web[1], **WEB)
    for token in (web[0], *web[2:], latest, other):
        actions.enter(token, **WEB)
    actions.enter(api, **API)
    told = stocked.rows(
        "select a.user_id, a.action from audit.event e join audit.act a on a.id = e.act"
        " where e.tbl = 'identity_session' and e.new ->> 'ended_cause' = 'too many at once'"
    )
    assert told == [("ana", "session.begin")]


@pytest.mark.urs("URS-ACC-04")
def test_the_person_locks_and_leaves(stocked, refused):
    token, ana = people.session(people.ANA)
    actions.lock_session(ana)
    with refused("session_locked"):
        actions.enter(token, **WEB)
    actions.unlock_session(token, people.ANA.password, **WEB)
    actions.sign_out(actions.enter(token, **WEB))
    with refused("not_signed_in"):
        actions.enter(token, **WEB)
    with refused("not_signed_in"):
        actions.sign_out(ana)


@pytest.mark.urs("URS-ACC-03", "URS-UNQ-03")
def test_a_leaver_is_out_at_the_next_click_and_comes_back_with_nothing(stocked, refused):
    token, omar = people.session(people.OMAR)
    uma, sam = people.signed_in(people.UMA), people.signed_in(people.SAM)
    with refused("own_rights"):
        actions.deactivate_person(uma, "uma", reason="left the company in May")
    with refused("not_authorised"):
        actions.deactivate_person(omar, "ana", reason="left the company in May")
    actions.deactivate_person(uma, "omar", reason="left the company in May")
    with refused("not_signed_in"):
        actions.enter(token, **WEB)
    with refused("person_inactive"):
        actions.deactivate_person(uma, "omar", reason="left the company in May")
    with refused("person_inactive"):
        actions.issue_secret(sam, "omar", reason="forgot it on holiday")
    with refused("sign_in_failed"):
        people.signed_in(people.OMAR)
    assert queries.person_of("omar").name == "Omar Haddad"
    actions.reactivate_person(sam, "omar", reason="came back from leave")
    with refused("person_active"):
        actions.reactivate_person(sam, "omar", reason="came back from leave")
    with refused("sign_in_failed", ignoring=("identity_lockout",)):
        people.signed_in(people.OMAR)
    with refused("second_person"):  # who closed it is not who confirms it anew
        people.confirm(uma, "omar")
    people.confirm(sam, "omar")
    secret = actions.issue_secret(uma, "omar", reason="came back from leave")
    assert actions.sign_in("omar", secret, **WEB)[1].roles == ()


@pytest.mark.urs("URS-ACC-02")
def test_sites_and_companies_are_added_by_the_administrator(stocked, refused):
    sam = people.signed_in(people.SAM)
    who = people.signed_in(people.UMA)
    with refused("not_authorised"):
        actions.create_site(who, "NYC", "New York", zone="America/New_York", legal_entity="ACME")
    with refused("code_taken"):
        actions.create_site(sam, "SIN", "Again", zone="Asia/Singapore", legal_entity="ACME")
    with refused("details_wrong"):
        actions.create_site(sam, "NYC", "New York", zone="Gotham", legal_entity="ACME")
    with refused("details_wrong"):
        actions.create_site(sam, "NYC", "New York", zone="America/New_York", legal_entity="NOPE")
    actions.create_legal_entity(sam, "ACUS", "Acme US Inc")
    with refused("code_taken"):
        actions.create_legal_entity(sam, "ACUS", "Acme US Inc")
    site = actions.create_site(sam, "NYC", "New York", zone="America/New_York", legal_entity="ACUS")
    assert site.legal_entity.name == "Acme US Inc"


def test_people_are_listed_for_whoever_is_signed_in(stocked):
    from indelible.kernel.audit.types import Refusal, nobody

    ana = people.signed_in(people.ANA)
    assert [p.user_id for p in queries.people(ana, q="a\x00na a")] == ["ana"]
    assert len(queries.people(ana)) == len(people.CAST)
    with pytest.raises(Refusal):
        queries.people(nobody(**WEB))


@pytest.mark.urs("URS-ACC-07")
def test_a_storm_of_sign_ins_is_told_to_wait_and_counts_against_nobody(stocked, refused, monkeypatch):
    from indelible.kernel.identity import passwords

    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.01)
    with ExitStack() as held:
        for _ in range(passwords.HASHES_AT_ONCE):
            held.enter_context(passwords._places.taken(find_home(), wait=1))
        with refused("busy") as caught:
            actions.sign_in("ana", people.ANA.password, **WEB)
        assert caught.value.rule.status == 429
    people.signed_in(people.ANA)


def test_entering_costs_one_query(stocked):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    token, _ = people.session(people.ANA)
    with CaptureQueriesContext(connection) as asked:
        actions.enter(token, **WEB)
    assert len(asked) == 1


def at_once(*works):
    """Runs the works in threads of their own; the rule codes of those refused, None for the others."""
    import threading

    from django.db import connection

    from indelible.kernel.audit.types import Refusal

    answers = []

    def run(work):
        try:
            work()
            answers.append(None)
        except Refusal as refusal:
            answers.append(refusal.rule.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.urs("URS-ACC-07")
def test_guesses_at_once_are_each_counted_and_locked_once(stocked):
    answers = at_once(*[lambda: actions.sign_in("ana", WRONG, **WEB)] * 8)
    assert answers == ["sign_in_failed"] * 8
    assert stocked.rows("select failures from identity_lockout where locked_at is not null") == [(5,)]
    assert len(stocked.rows("select 1 from audit.act where action = 'account.lock'")) == 1


@pytest.mark.urs("URS-CRD-03")
def test_a_temporary_secret_used_twice_at_once_lets_one_in(stocked):
    secret = actions.issue_secret(people.signed_in(people.UMA), "ana", reason="forgot it on holiday")
    answers = at_once(*[lambda: actions.sign_in("ana", secret, **WEB)] * 2)
    assert sorted(answers, key=str) == [None, "sign_in_failed"]


@pytest.mark.urs("URS-UNQ-03", "URS-AUT-04")
def test_the_same_done_twice_at_once_is_done_once(stocked):
    from indelible.kernel.identity.types import Newcomer

    sam, uma = people.signed_in(people.SAM), people.signed_in(people.UMA)
    bo = Newcomer(user_id="bo", name="Bo Lindgren", email="bo@acme.example", site="BSL")
    answers = at_once(*[lambda: actions.create_person(sam, bo)] * 2)
    assert None in answers and answers.count(None) == 1
    why = "starts in this function on Monday"
    answers = at_once(*[lambda: actions.propose_grant(sam, "bo", "author", reason=why)] * 2)
    assert sorted(answers, key=str) == [None, "role_held"]
    proposal = actions.propose_grant(sam, "tom", "qa_approver", reason=why)
    answers = at_once(*[lambda: actions.approve_grant(uma, proposal.id)] * 2)
    assert sorted(answers, key=str) == [None, "role_decided"]
