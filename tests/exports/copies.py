"""A copy of a CAPA written by hand, with every field type, six scripts, changes and every standing."""

from __future__ import annotations

from typing import Any

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SCRIPTS = {
    "Greek": "Απόκλιση θερμοκρασίας",
    "Cyrillic": "Отклонение температуры",
    "Japanese": "温度逸脱の原因を調べた",
    "Chinese": "温度偏差的根本原因",
    "Korean": "온도 일탈의 근본 원인",
    "Arabic": "انحراف درجة الحرارة",
    "Hebrew": "חריגת טמפרטורה",
    "Devanagari": "तापमान विचलन",
    "Thai": "การเบี่ยงเบนของอุณหภูมิ",
}
FIELDS: list[dict[str, Any]] = [
    {"name": "problem", "label": "What happened", "type": "long text"},
    {"name": "scripts", "label": "Statement of the sites", "type": "long text"},
    {"name": "risk", "label": "Risk", "type": "choice", "options": {"high": "High risk", "low": "Low risk"}},
    {"name": "weight", "label": "Weight found", "type": "number", "unit": "mg"},
    {"name": "found_on", "label": "Found on", "type": "date"},
    {"name": "seen_at", "label": "Seen at", "type": "date-time"},
    {"name": "window", "label": "Window", "type": "days"},
    {"name": "lead", "label": "Lead investigator", "type": "person"},
    {
        "name": "criterion",
        "label": "Effectiveness criterion",
        "type": "group",
        "fields": [
            {"name": "measure", "label": "Measure", "type": "text"},
            {"name": "target", "label": "Target", "type": "number", "unit": "%"},
        ],
    },
    {
        "name": "actions",
        "label": "Actions",
        "type": "table",
        "fields": [
            {"name": "what", "label": "What", "type": "text"},
            {"name": "owner", "label": "Owner", "type": "person"},
            {"name": "done", "label": "Done", "type": "date"},
        ],
    },
    {"name": "evidence", "label": "Evidence", "type": "attachment"},
    {"name": "result", "label": "What the check found", "type": "long text"},
]
PEOPLE = {"ana": "Ana Author", "petra": "Petra Prüfer", "omar": "Omar Operator"}


def _revision(number: int, fields: dict[str, Any], who: str, at: str, reason: str = "") -> dict[str, Any]:
    person = {"user_id": who, "name": PEOPLE[who]}
    return {
        "revision": number,
        "at": at,
        "person": person,
        "reason": reason,
        "digest": DIGEST,
        "fields": fields,
    }


def _signature(number: int, revision: int, standing: str, **over: Any) -> dict[str, Any]:
    return {
        "id": f"sig-{number}",
        "step": "approve_plan",
        "revision": revision,
        "meaning": "Approval of the plan",
        "user_id": "petra",
        "name": "Petra Prüfer",
        "role": "QA approver",
        "organisation": "Example Pharma GmbH",
        "at": "2026-10-25T00:30:00Z",
        "zone": "Europe/Berlin",
        "offset": "+02:00",
        "components": ["user_id", "password"],
        "digest": DIGEST,
        "standing": standing,
        "why": "",
        **over,
    }


def capa(*, trail: bool = True, **about: Any) -> dict[str, Any]:
    """An electronic copy of CAPA-2026-00042 at revision 3."""
    first = {
        "problem": 'Vial 7 weighed too little. #eval("1+1") *x* $y$ ' + "A" * 90,
        "scripts": "\n".join(SCRIPTS.values()),
        "risk": "low",
        "weight": {"value": "9.90", "unit": "mg"},
        "found_on": "2026-03-04",
        "seen_at": "2026-03-04T09:30:00+01:00",
        "window": 30,
        "lead": "ana",
    }
    second = {
        **first,
        "risk": "high",
        "criterion": {"measure": "Rejects per lot", "target": {"value": "0.50", "unit": "%"}},
        "actions": [
            {"what": "Calibrate the balance", "owner": "omar"},
            {"what": "校正の手順を改訂する", "owner": "ana"},
        ],
    }
    rows = [{**second["actions"][0], "done": "2026-05-01"}, second["actions"][1]]
    third = {
        **second,
        "weight": {"value": "9.95", "unit": "mg"},
        "criterion": {"measure": "Rejects per lot", "target": {"value": "0.25", "unit": "%"}},
        "actions": rows,
        "evidence": ["ab" * 32],
    }
    record = {
        "number": "CAPA-2026-00042",
        "process": "capa",
        "process_version": 3,
        "fingerprint": "sha256:" + "5c" * 32,
        "state": "implementation",
        "revision": 3,
        "title": "Vials of lot 7 underweight",
        "fields": third,
        "digest": DIGEST,
        "owner": {"user_id": "ana", "name": "Ana Author"},
        "site": "BER",
        "created_at": "2026-03-04T08:31:00Z",
        "updated_at": "2026-05-01T07:00:00Z",
        "links": [
            {
                "kind": "raised_by",
                "number": "DEV-2026-00007",
                "title": "Vial 7 underweight",
                "state": "closed",
            }
        ],
        "attachments": [
            {
                "name": "Kalibrierschein 校正.pdf",
                "field": "evidence",
                "size": 48213,
                "sha256": "ab" * 32,
                "by": {"user_id": "omar", "name": "Omar Operator"},
                "at": "2026-05-01T07:00:00Z",
            }
        ],
        "retain_until": None,
    }
    copy = {
        "format": "indelible-copy/1",
        "copy": {
            "type": "True copy",
            "printed_by": {"user_id": "ines", "name": "Ines Inspector"},
            "printed_at": "2026-11-22T16:19:03Z",
            "zone": "Europe/Berlin",
            "zone_rule": "Local times are those of Europe/Berlin with their offset; UTC beside each.",
            "software": "Indelible 0.1.0",
            "installation": "ind-1",
            "notice": "",
            **about,
        },
        "record": record,
        "process": {
            "code": "capa",
            "title": "Corrective and preventive action",
            "states": [{"name": "implementation", "title": "Implementation"}],
        },
        "fields": FIELDS,
        "people": PEOPLE,
        "revisions": [
            _revision(1, first, "ana", "2026-03-04T08:31:00Z"),
            _revision(2, second, "ana", "2026-03-20T10:00:00Z", "Second weighing showed three more vials"),
            _revision(
                3, third, "omar", "2026-05-01T07:00:00Z", "Transcription error, see balance printout 118"
            ),
        ],
        "signatures": [
            _signature(1, 2, "earlier revision", why="Revision 3 changed Weight found"),
            _signature(2, 3, "stands", at="2026-10-25T01:30:00Z", offset="+01:00"),
            _signature(3, 2, "withdrawn", why="Step back by Petra Prüfer"),
        ],
    }
    if trail:
        copy["audit_trail"] = [_entry(n) for n in range(12)]
    return copy


def _entry(number: int) -> dict[str, Any]:
    return {
        "seq": 1000 + number,
        "at": "2026-05-01T07:00:00Z",
        "person": {"user_id": "omar", "name": "Omar Operator", "role": "operator"},
        "action": "record.edit",
        "title": "Edited",
        "object": "CAPA-2026-00042",
        "record": "CAPA-2026-00042",
        "changes": [{"field": "weight", "label": "Weight found", "old": "9.90 mg", "new": "9.95 mg"}],
        "reason": "Transcription error, see balance printout 118",
        "source": "192.0.2.7",
        "channel": "web",
        "outcome": "denied" if number == 5 else "done",
        "rule": "URS-OPS-04" if number == 5 else None,
    }
