"""Opens a deviation for each recall of an FDA Enforcement Report over the HTTP API and carries the Class I ones to closure.

Needs a running Indelible (for example `make run`) and Python alone:

    python examples/fda_recalls.py REPORT.jsonl --people var/demo-people.json --out copies/

Different people sign, each in a session of their own: the author reports and investigates, QA classifies, approves and
closes. The CAPAs of Class I recalls have an effectiveness window of 0 days, but one has 90: its early check is refused and
it stays open, as URS-QCA-02 wants. True copies of the Class I records are written to --out.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LONG_WINDOW = 90


class Refused(Exception):
    """The service refused a call; it carries the problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(
            f"{status} {problem.get('title')}: {problem.get('detail')} ({problem.get('rule')}) {problem.get('fields', '')}"
        )
        self.status, self.problem = status, problem


@dataclass
class Client:
    """One person's session; signs with all components once, then with the password."""

    address: str
    user_id: str
    password: str
    token: str = ""
    signings: int = 0
    calls: int = 0

    def sign_in(self) -> Client:
        """Begins the session."""
        made = self.call("POST", "/sessions", {"user_id": self.user_id, "password": self.password})
        self.token = made["token"]
        return self

    def call(self, method: str, path: str, body: Any = None, *, match: str = "", raw: bool = False) -> Any:
        """One request under /api/v1; the parsed answer, or its bytes when `raw`."""
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(parts.hostname or "localhost", parts.port or 80, timeout=120)
        headers = {"Accept": "*/*" if raw else "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if match:
            headers["If-Match"] = match
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        connection.request(method, "/api/v1" + path, data, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.calls += 1
        if answer.status >= 400:
            raise Refused(answer.status, json.loads(content or b"{}"))
        return content if raw else json.loads(content)

    def read(self, number: str) -> dict[str, Any]:
        """The record as it stands now; reading it is what makes signing it possible."""
        return self.call("GET", f"/records/{number}")

    def change(self, number: str, fields: dict[str, Any]) -> dict[str, Any]:
        """First entries into fields that are open."""
        record = self.read(number)
        return self.call("PATCH", f"/records/{number}", {"fields": fields}, match=f'"{record["revision"]}"')

    def step(
        self, number: str, step: str, *, meaning: str = "", fields: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Takes a step, signed when it has a meaning."""
        record = self.read(number)
        body: dict[str, Any] = {"revision": record["revision"]}
        if fields:
            body["fields"] = fields
        if meaning:
            body["signature"] = {"password": self.password, "meaning": meaning}
            if self.signings == 0:
                body["signature"]["user_id"] = self.user_id
        done = self.call("POST", f"/records/{number}/steps/{step}", body)
        self.signings += bool(meaning)
        return done


def deviation_of(recall: dict[str, str], now: str) -> dict[str, Any]:
    """The first entries of a deviation, from one recall as published."""
    product = recall["product-description"]
    facts = "\n\n".join(
        f"{label}: {recall[key]}"
        for label, key in (
            ("Reason for recall", "reason-for-recall"),
            ("Product", "product-description"),
            ("Codes", "code-info"),
            ("Quantity", "product-quantity"),
            ("Distribution", "distribution-pattern"),
            ("Firm", "recalling-firm"),
        )
        if recall.get(key)
    )
    return {
        "title": f"{recall['classification']} recall: {product}"[:150].replace("\n", " "),
        "occurred_at": {"not_applicable": "The report gives no time of occurrence"},
        "discovered_at": now,
        "area": f"Market, {recall['product-type']}",
        "product": product[:190].replace("\n", " "),
        "facts": facts,
        "immediate_action": f"Recall published in the Enforcement Report of {recall['report-date']}.",
        "lots": {"not_applicable": "Lots are listed as published in the facts"},
        "systems": {"not_applicable": "Market action, no system of this site"},
        "documents": {"not_applicable": "No document of this site is affected"},
    }


INVESTIGATION = {
    "cause_category": "not determined",
    "impact": "Patients or consumers could be harmed; the product is recalled from the market.",
    "other_lots": "The published lots are the whole of what the firm found affected.",
    "correction": "Recall carried out as published.",
    "capa_decision": "CAPA raised",
    "capa_decision_reason": "Class I: reasonable probability of serious harm.",
}


def plan_of(recall: dict[str, str], window: int, today: str) -> dict[str, Any]:
    """The investigation and plan of a CAPA."""
    return {
        "root_cause": f"As published: {recall['reason-for-recall']}",
        "risk": "high",
        "actions": [
            {
                "what": "Remove affected product from the market and account for it",
                "kind": "correction",
                "owner": "ana",
                "due": today,
            }
        ],
        "no_harm": "Removal changes no process and no other product.",
        "criterion": {
            "measure": "Affected units unaccounted for",
            "target": "0",
            "source": "Recall effectiveness checks",
            "window": window,
        },
    }


def carry(
    recall: dict[str, str], number: str, author: Client, approver: Client, window: int
) -> tuple[str, str]:
    """Carries one Class I deviation through its CAPA; returns the CAPA's number and how it ended."""
    today = datetime.now(UTC).date().isoformat()
    approver.step(
        number,
        "classify",
        meaning="Classification",
        fields={"classification": "critical", "classification_reason": "Class I recall of the agency."},
    )
    author.change(number, {"cause": f"As published: {recall['reason-for-recall']}", **INVESTIGATION})
    author.step(number, "raise_capa")
    capa = next(link["number"] for link in author.read(number)["links"] if link["number"].startswith("CAPA-"))
    author.change(capa, {"source": "deviation"})
    author.step(capa, "submit", meaning="Responsibility for the report")
    author.change(capa, plan_of(recall, window, today))
    author.step(capa, "propose", meaning="Authorship of the plan")
    approver.step(capa, "approve_plan", meaning="Approval of the plan")
    actions = author.read(capa)["fields"]["actions"]
    author.change(
        capa,
        {
            "actions": [
                row | {"done": today, "evidence": "Effectiveness checks of the recall, level A"}
                for row in actions
            ]
        },
    )
    author.step(capa, "finish", meaning="Implementation complete")
    author.step(number, "propose", meaning="Authorship of the investigation")
    result = {"result": "All consignees answered; nothing is unaccounted for."}
    try:
        approver.step(capa, "effective", meaning="Effectiveness confirmed", fields=result)
    except Refused as refused:
        if window == 0:
            raise
        return capa, f"stays open: {refused.problem.get('rule')} {refused.problem['detail']}"
    approver.step(
        number,
        "close",
        meaning="Closure by QA",
        fields={"qa_assessment": "Evaluated with the linked CAPA, which is closed."},
    )
    return capa, "closed"


def main() -> int:
    """Runs the whole walkthrough and prints what it did."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("report", type=Path)
    parser.add_argument("--address", default="http://localhost:8000")
    parser.add_argument("--people", type=Path, required=True)
    parser.add_argument("--author", default="ana")
    parser.add_argument("--approver", default="petra")
    parser.add_argument("--out", type=Path, default=Path("copies"))
    options = parser.parse_args()
    people = {p["user_id"]: p for p in json.loads(options.people.read_text(encoding="utf-8"))}
    author, approver = (
        Client(options.address, name, people[name]["password"]).sign_in()
        for name in (options.author, options.approver)
    )
    recalls = [
        json.loads(line) for line in options.report.read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    started = time.monotonic()
    written: dict[str, str] = {}
    class_one = [r for r in recalls if r["classification"] == "Class I"]
    for recall in recalls:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        number = author.call(
            "POST", "/records", {"process": "deviation", "fields": deviation_of(recall, now)}
        )["number"]
        author.step(number, "report", meaning="Responsibility for the report")
        if recall in class_one:
            window = LONG_WINDOW if recall is class_one[-1] else 0
            capa, ending = carry(recall, number, author, approver, window)
            written |= {number: "deviation", capa: ending}
            print(f"{number} -> {capa}: {ending}")
    seconds = time.monotonic() - started
    options.out.mkdir(parents=True, exist_ok=True)
    for number in written:
        for kind in ("pdf", "json"):
            (options.out / f"{number}.{kind}").write_bytes(
                approver.call("GET", f"/records/{number}/copy?format={kind}", raw=True)
            )
    print(
        f"{len(recalls)} deviations opened and reported, {len(class_one)} carried on, "
        f"{author.signings + approver.signings} signatures by 2 people, {author.calls + approver.calls} calls, {seconds:.1f} s; "
        f"{2 * len(written)} copies in {options.out}"
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refused as refused:
        print(f"refused: {refused}", file=sys.stderr)
        sys.exit(1)
