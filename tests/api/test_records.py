"""Records over the API: order of failures, stale views, what is not yours, and a deviation to its end by two people."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.api.calling import PREFIX, Answer, Caller
from tests.api.deviations import FIRST, FOUND, opened, step
from tests.people import ANA, INES, LIN, OMAR, PETRA, SAM

ELSEWHERE = ("", "/audit-trail", "/signatures", "/revisions", "/revisions/1", "/copy?format=json")


def acts(stocked: Any, outcome: str = "denied") -> list[tuple[Any, ...]]:
    return stocked.rows(
        "select action, record, rule from audit.act where outcome = %s order by id", [outcome]
    )


@pytest.mark.urs("URS-AUT-06")
def test_what_is_not_yours_answers_like_what_is_not_there(stocked: Any) -> None:
    number = opened(Caller(ANA)).body["number"]
    lin, nowhere = Caller(LIN), f"{number[:-5]}99999"
    for path in ELSEWHERE:
        hidden, absent = lin.get(f"/records/{number}{path}"), lin.get(f"/records/{nowhere}{path}")
        assert hidden.is_problem(404, "URS-AUT-06"), path
        assert hidden.content.replace(number.encode(), nowhere.encode()) == absent.content
    for method, path, body in (
        ("PATCH", "", {"fields": {}}),
        ("POST", "/steps/report", {"revision": 1}),
        ("POST", "/links", {"kind": "related", "to": number}),
        ("PUT", "/owner", {"owner": "lin", "reason": "takes over the case"}),
    ):
        assert lin.call(method, f"/records/{number}{path}", body).is_problem(404, "URS-AUT-06"), path
    assert lin.get("/records").body["items"] == []
    assert lin.get(f"/records?q={number}").body["items"] == []
    assert ("record.read", number, "URS-AUT-06 not_there") in acts(stocked)


@pytest.mark.urs("URS-OPS-04")
def test_the_precondition_is_asked_for_and_a_stale_one_refused(stocked: Any) -> None:
    ana = Caller(ANA)
    made = opened(ana)
    path = f"/records/{made.body['number']}"
    assert made.headers["ETag"] == '"1"'
    assert made.headers["Location"] == PREFIX + path
    assert ana.patch(path, {"fields": {"area": "Line 4"}}).is_problem(428)
    assert ana.patch(path, {"fields": {"area": "Line 4"}}, if_match="soon").is_problem(400)
    why = {"reason": "wrong line was typed"}
    saved = ana.patch(path, {"fields": {"area": "Line 4"}, **why}, if_match='"1"')
    assert (saved.status, saved.headers["ETag"], saved.body["fields"]["area"]) == (200, '"2"', "Line 4")
    stale = ana.patch(path, {"fields": {"area": "Line 5"}, **why}, if_match='"1"')
    assert stale.is_problem(409, "URS-OPS-04")
    assert "Ana Alvarez" in stale.body["detail"]
    same = ana.patch(path, {"fields": {"area": "Line 4"}}, if_match='"2"')
    assert (same.status, same.headers["ETag"]) == (200, '"2"')


@pytest.mark.urs("URS-AUT-01")
def test_without_authority_the_missing_precondition_is_not_what_is_told(stocked: Any) -> None:
    number = opened(Caller(ANA)).body["number"]
    assert Caller(INES).patch(f"/records/{number}", {"fields": {"area": "x"}}).is_problem(403, "URS-AUT-01")


@pytest.mark.urs("URS-AUD-05")
def test_a_committed_value_changes_with_a_reason_only(stocked: Any) -> None:
    ana = Caller(ANA)
    path = f"/records/{opened(ana).body['number']}"
    assert ana.patch(path, {"fields": {"area": "Line 4"}}, if_match='"1"').is_problem(422, "URS-AUD-05")
    assert ana.patch(path, {"fields": {"area": None}, "reason": "x"}, if_match='"1"').is_problem(422)
    assert ana.get(path).headers["ETag"] == '"1"'


@pytest.mark.urs("URS-OPS-05")
@pytest.mark.parametrize(
    "fields",
    [
        {"nobody_declared_this": 1},
        {"title": 12},
        {"title": ["a"]},
        {"title": "x" * 201},
        {"facts": "x" * 100_001},
        {"occurred_at": "yesterday"},
        {"occurred_at": "2026-03-04T08:30:00"},
        {"occurred_at": "2199-01-01T00:00:00Z"},
        {"lots": [{"lot": "L-1"}]},
        {"lots": [{"lot": "L-1", "status": "on hold", "weight": 1}]},
        {"lots": {"lot": "L-1"}},
        {"lots": [[["x"]]]},
        {"evidence": ["ab" * 32]},
        {"title": 1.5},
        {"title": {"value": "9.90", "unit": "mg"}},
    ],
)
def test_a_value_that_does_not_fit_is_422_and_saves_nothing(stocked: Any, fields: dict[str, Any]) -> None:
    ana = Caller(ANA)
    answer = ana.post("/records", {"process": "deviation", "fields": {**FIRST, **fields}})
    assert answer.is_problem(422)
    assert next(iter(fields)) in str(answer.body["fields"])
    assert ana.get("/records").body["items"] == []


def test_an_unknown_process_step_and_member_are_told_apart(stocked: Any) -> None:
    ana = Caller(ANA)
    assert ana.post("/records", {"process": "nothing", "fields": {}}).is_problem(422, "URS-OPS-01")
    assert ana.get("/processes/nothing").is_problem(404)
    assert ana.post("/records", {"process": "deviation", "fields": {}, "at": "2020-01-01"}).is_problem(422)
    number = opened(ana).body["number"]
    assert ana.post(f"/records/{number}/steps/fly", {"revision": 1}).is_problem(404)
    assert ana.post(f"/records/{number}/steps/report", {"revision": True}).is_problem(422)
    assert ana.post(f"/records/{number}/steps/report", {"revision": 10**30}).is_problem(422)


@pytest.mark.urs("URS-OPS-01")
def test_a_step_out_of_sequence_is_409(stocked: Any) -> None:
    ana, petra = Caller(ANA), Caller(PETRA)
    number = opened(ana).body["number"]
    assert step(ana, number, "propose").is_problem(409, "URS-OPS-01")
    assert step(petra, number, "close", fields={"qa_assessment": "fine"}).is_problem(409, "URS-OPS-01")
    assert step(ana, number, "close").is_problem(403, "URS-AUT-01")


@pytest.mark.urs("URS-TIM-01")
def test_a_time_sent_with_a_request_is_refused(stocked: Any) -> None:
    ana = Caller(ANA)
    number = opened(ana).body["number"]
    late = {"revision": 1, "at": "2020-01-01T00:00:00Z"}
    assert ana.post(f"/records/{number}/steps/report", late).is_problem(422)
    signature = {"user_id": "ana", "password": ANA.password, "signed_at": "2020-01-01T00:00:00Z"}
    assert ana.post(f"/records/{number}/steps/report", {"revision": 1, "signature": signature}).is_problem(
        422
    )


@pytest.mark.urs("URS-OPS-01", "URS-MAN-01", "URS-MAN-04", "URS-SIG-02", "URS-SIG-03", "URS-LNK-01")
def test_a_deviation_goes_from_first_entry_to_closure_by_two_people(stocked: Any) -> None:
    ana, petra = Caller(ANA), Caller(PETRA)
    number = opened(ana).body["number"]
    full = {"password": ANA.password, "user_id": "ana"}
    assert step(ana, number, "report", meaning="Responsibility for the report", **full).status == 200
    judged = {"classification": "minor", "classification_reason": "no patient was reached"}
    qa = {"password": PETRA.password, "user_id": "petra"}
    assert step(petra, number, "classify", meaning="Classification", fields=judged, **qa).status == 200
    record = ana.get(f"/records/{number}")
    assert record.body["state"] == "investigation"
    assert ana.patch(f"/records/{number}", {"fields": FOUND}, if_match=record.headers["ETag"]).status == 200
    later = {"password": ANA.password}
    assert step(ana, number, "propose", meaning="Authorship of the investigation", **later).status == 200
    closed = step(
        petra,
        number,
        "close",
        meaning="Closure by QA",
        fields={"qa_assessment": "complete"},
        password=PETRA.password,
    )
    assert (closed.status, closed.body["state"], closed.body["steps"]) == (200, "closed", [])
    assert closed.body["retain_until"]
    signatures = petra.get(f"/records/{number}/signatures").body["items"]
    assert [s["components"] for s in signatures] == [
        ["user_id", "password"],
        ["user_id", "password"],
        ["password"],
        ["password"],
    ]
    assert {s["standing"] for s in signatures} == {"stands"}
    assert [s["name"] for s in signatures] == ["Ana Alvarez", "Petra Novak", "Ana Alvarez", "Petra Novak"]
    for signature in signatures:
        checked = petra.get(f"/records/{number}/signatures/{signature['id']}/verification").body
        assert checked == {"valid": True, "differences": []}
    stocked.superuser("alter table signatures_signature disable trigger all")
    stocked.superuser("update signatures_signature set name = 'Eve Sorokin' where user_id = 'ana'")
    broken = petra.get(f"/records/{number}/signatures/{signatures[0]['id']}/verification").body
    assert broken["valid"] is False
    assert "name" in {difference["part"] for difference in broken["differences"]}


@pytest.mark.urs("URS-SIG-05")
def test_a_session_that_did_not_read_the_record_signs_nothing(stocked: Any, refused_by: Any) -> None:
    number = opened(Caller(ANA)).body["number"]
    fresh = Caller(ANA)
    signature = {"user_id": "ana", "password": ANA.password, "meaning": "Responsibility for the report"}
    body = {"revision": 1, "signature": signature}
    path = f"/records/{number}/steps/report"
    refused_by("URS-SIG-05 not_read", lambda: fresh.post(path, body), 422)
    fresh.get(f"/records/{number}")
    assert fresh.post(path, body).status == 200


@pytest.mark.urs("URS-SIG-08")
def test_an_installation_that_has_not_decided_signs_on_its_page_only(stocked: Any, refused_by: Any) -> None:
    ana, petra = Caller(ANA), Caller(PETRA)
    number = opened(ana).body["number"]
    assert ana.get("/settings/signing").body == {"machines": True}
    assert Caller(SAM).call("PUT", "/settings/signing", {"machines": False, "reason": "tidy"}).is_problem(403)
    decided = petra.call(
        "PUT", "/settings/signing", {"machines": False, "reason": "signing on the page only"}
    )
    assert decided.body == {"machines": False}
    signed = {"meaning": "Responsibility for the report", "password": ANA.password, "user_id": "ana"}
    refused_by("URS-SIG-08 door_closed", lambda: step(ana, number, "report", **signed), 403)


@pytest.fixture
def refused_by(stocked: Any) -> Any:
    """Calls, and holds the answer, the entry and the unchanged record against the rule."""

    def check(rule: str, call: Any, status: int) -> Answer:
        tables = ("records_record", "records_revision", "signatures_signature", "signatures_period")
        before = [stocked.rows(f"select t::text from {t} as t order by 1") for t in tables]
        answer: Answer = call()
        assert answer.is_problem(status, rule.split()[0]), answer
        assert before == [stocked.rows(f"select t::text from {t} as t order by 1") for t in tables]
        assert acts(stocked)[-1][2] == rule
        return answer

    return check


@pytest.mark.urs("URS-SIG-01", "URS-SIG-02", "URS-SIG-03", "URS-SIG-07", "URS-MAN-05")
@pytest.mark.parametrize(
    ("signature", "rule"),
    [
        (None, "URS-SIG-02 components_first"),
        ({}, "URS-SIG-02 components_first"),
        ({"password": ANA.password}, "URS-SIG-02 components_first"),
        ({"user_id": "ana"}, "URS-SIG-02 components_first"),
        ({"user_id": "ana", "password": "wrong"}, "URS-SIG-07 signing_failed"),
        ({"user_id": "petra", "password": PETRA.password}, "URS-SIG-07 signing_failed"),
        ({"user_id": "ana", "password": ANA.password, "meaning": "Approval"}, "URS-MAN-05 meaning_differs"),
        ({"user_id": "ana", "password": ANA.password, "otp": "123456"}, "URS-SIG-01 component_unknown"),
    ],
)
def test_wrong_or_missing_components_are_422_never_401(
    stocked: Any, refused_by: Any, signature: Any, rule: str
) -> None:
    ana = Caller(ANA)
    number = opened(ana).body["number"]
    path = f"/records/{number}/steps/report"
    refused_by(rule, lambda: ana.post(path, {"revision": 1, "signature": signature}), 422)
    assert ana.get(f"/records/{number}").body["state"] == "draft"


def test_lists_are_paged_and_a_foreign_cursor_is_400(stocked: Any) -> None:
    ana = Caller(ANA)
    numbers = [opened(ana).body["number"] for _ in range(3)]
    first = ana.get("/records?limit=2&process=deviation").body
    assert [row["number"] for row in first["items"]] == numbers[:0:-1]
    second = ana.get(f"/records?limit=2&process=deviation&cursor={first['next']}").body
    assert ([row["number"] for row in second["items"]], second["next"]) == (numbers[:1], None)
    for cursor in ("x", "%00", "W10", "eyJ9", "9" * 300):
        assert ana.get(f"/records?cursor={cursor}").status == 400, cursor
        assert ana.get(f"/audit-trail?cursor={cursor}").status == 400, cursor
    for query in ("limit=0", "limit=501", "limit=x", "sort=best", "updated_from=2026-01-01", "colour=red"):
        assert ana.get(f"/records?{query}").is_problem(400), query


def test_links_and_owners(stocked: Any) -> None:
    ana = Caller(ANA)
    one, two = opened(ana).body["number"], opened(ana).body["number"]
    linked = ana.post(f"/records/{one}/links", {"kind": "related", "to": two})
    assert linked.status == 201
    assert [(link["kind"], link["number"]) for link in linked.body["links"]] == [("related", two)]
    assert ana.get(f"/records/{two}").body["links"][0]["kind"] == "related_from"
    assert ana.post(f"/records/{one}/links", {"kind": "related", "to": two}).is_problem(409)
    assert ana.post(f"/records/{one}/links", {"kind": "nothing", "to": two}).is_problem(422)
    assert ana.call("PUT", f"/records/{one}/owner", {"owner": "omar", "reason": "x"}).is_problem(422)
    handed = ana.call("PUT", f"/records/{one}/owner", {"owner": "omar", "reason": "Omar leads line 3"})
    assert handed.body["owner"] == "omar"
    assert Caller(OMAR).get("/records?owner=omar").body["items"][0]["number"] == one


def upload(caller: Caller, number: str, name: str, content: bytes, **fields: str) -> Answer:
    return sent(caller, f"/records/{number}/attachments", name, content, **fields)


def sent(caller: Caller, path: str, name: str, content: bytes, **fields: str) -> Answer:
    """A file sent to an address, with the other members of its form."""
    response = caller.client.post(
        f"{PREFIX}{path}",
        {"file": SimpleUploadedFile(name, content), **fields},
        headers={"authorization": f"Bearer {caller.token}"},
        SERVER_NAME="localhost",
    )
    return Answer(response)


@pytest.mark.urs("URS-RET-06")
def test_a_file_is_given_and_only_handed_out_with_its_record(stocked: Any) -> None:
    ana = Caller(ANA)
    number, other = opened(ana).body["number"], opened(ana).body["number"]
    given = upload(ana, number, "printout.pdf", b"%PDF-1.7 balance", field="evidence")
    assert given.status == 201
    (attachment,) = given.body["attachments"]
    assert given.body["fields"]["evidence"] == [attachment["sha256"]]
    assert upload(ana, number, "printout.pdf", b"%PDF-1.7 balance", field="evidence").status == 200
    path = f"/records/{number}/attachments/{attachment['sha256']}"
    got = ana.get(path)
    assert (got.status, got.content) == (200, b"%PDF-1.7 balance")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert ana.get(f"/records/{other}/attachments/{attachment['sha256']}").is_problem(404)
    assert Caller(LIN).get(path).is_problem(404)
    assert Caller().get(path).is_problem(401)
    assert upload(ana, number, "empty.pdf", b"", field="evidence").is_problem(422)
    assert upload(ana, number, "x.pdf", b"x", field="nothing").is_problem(422)
    assert upload(Caller(INES), number, "x.pdf", b"x").is_problem(403)
    assert ana.call("POST", f"/records/{number}/attachments", b"{}").status in (400, 422)
    broken = "multipart/form-data; boundary=x"
    assert ana.call("POST", f"/records/{number}/attachments", b"--x\r\nbad", content_type=broken).status in (
        400,
        422,
    )


def test_an_upload_that_announces_too_much_is_refused_before_it_is_read(stocked: Any) -> None:
    ana = Caller(ANA)
    number = opened(ana).body["number"]
    response = ana.client.generic(
        "POST",
        f"{PREFIX}/records/{number}/attachments",
        b"--x--",
        content_type="multipart/form-data; boundary=x",
        headers={"authorization": f"Bearer {ana.token}"},
        SERVER_NAME="localhost",
        CONTENT_LENGTH=str(70 * 1024 * 1024),
    )
    assert Answer(response).is_problem(422, "URS-RET-06")
    assert acts(stocked)[-1][2] == "URS-RET-06 file_too_large"


@pytest.mark.urs("URS-AUD-06")
def test_every_revision_can_be_read_as_it_was(stocked: Any) -> None:
    ana = Caller(ANA)
    number = opened(ana).body["number"]
    change = {"fields": {"area": "Line 4"}, "reason": "wrong line was typed"}
    assert ana.patch(f"/records/{number}", change, if_match='"1"').status == 200
    listed = ana.get(f"/records/{number}/revisions").body["items"]
    assert [(r["revision"], r["reason"], r["person"]["name"]) for r in listed] == [
        (1, "", "Ana Alvarez"),
        (2, "wrong line was typed", "Ana Alvarez"),
    ]
    assert listed[1]["changed"] == ["area"]
    assert ana.get(f"/records/{number}/revisions/1").body["fields"]["area"] == "Filling line 3"
    for missing in ("3", "0", "-1", "9" * 30):
        assert ana.get(f"/records/{number}/revisions/{missing}").status in (400, 404)


def test_the_processes_in_force_are_told_whole(stocked: Any) -> None:
    ana = Caller(ANA)
    listed = ana.get("/processes").body["items"]
    assert {process["code"] for process in listed} == {"deviation", "capa", "integrity_finding"}
    deviation = ana.get("/processes/deviation").body
    report = next(s for s in deviation["steps"] if s["name"] == "report")
    assert report["from"] == ["draft"]
    assert report["signature"] == {"meaning": "Responsibility for the report"}
    assert "title" in report["required_fields"]
    assert deviation["fields"]["additionalProperties"] is False


@pytest.mark.urs("URS-LNK-04")
def test_a_signature_is_taken_back_by_its_signer_alone(stocked: Any) -> None:
    ana, petra = Caller(ANA), Caller(PETRA)
    number = opened(ana).body["number"]
    assert (
        step(
            ana,
            number,
            "report",
            meaning="Responsibility for the report",
            password=ANA.password,
            user_id="ana",
        ).status
        == 200
    )
    offered = ana.get(f"/records/{number}").body
    withdraw = offered["withdrawal"]["name"]
    assert offered["withdrawal"]["withdraws"] == offered["signatures"][0]["id"]
    assert withdraw not in [one["name"] for one in offered["steps"]]
    assert petra.get(f"/records/{number}").body["withdrawal"] is None
    sign = {"meaning": offered["withdrawal"]["signature"]["meaning"], "password": ANA.password}
    why = {"reason": "the wrong freezer"}
    assert step(petra, number, withdraw, **why).is_problem(403, "URS-AUT-01")
    assert step(ana, number, withdraw, **sign).is_problem(422, "URS-AUD-05")
    for path in ("/signatures/1", "/signatures"):
        for method in ("DELETE", "PATCH", "PUT"):
            assert ana.call(method, f"/records/{number}{path}", {"meaning": ""}).status in (404, 405)
    back = step(ana, number, withdraw, **sign, **why)
    assert back.status == 200 and back.body["state"] == "draft", back
    assert [one["standing"] for one in back.body["signatures"]] == ["withdrawn", "stands"]
    assert [one["withdraws"] for one in back.body["signatures"]] == [None, offered["signatures"][0]["id"]]
    assert step(ana, number, withdraw, **sign, **why).is_problem(409, "URS-LNK-04")
