"""One process that signs, or that guesses at the sign-in page; told what on standard input, a line of JSON each way.

{"do": "sign", "n": 50}   signs so many drafts: milliseconds of each, of one Argon2id check and of one edit beside each
{"do": "read", "n": 50}   reads a record's page as a signed-in person: milliseconds of each
{"do": "guess", "seconds": 5, "rate": 1000}   failed sign-ins from one source, as fast as that: how many a second
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.test import Client  # noqa: E402
from tests import people  # noqa: E402
from tests.people import ANA  # noqa: E402
from tests.signatures.signing import MEANING, capa  # noqa: E402

from indelible.kernel.identity import passwords  # noqa: E402
from indelible.kernel.identity.queries import credential_in_force, person_of  # noqa: E402
from indelible.kernel.signatures.types import Components  # noqa: E402
from indelible.kernel.workflow import actions as workflow  # noqa: E402


def _milliseconds(done: Callable[[], object]) -> float:
    began = time.perf_counter()
    done()
    return (time.perf_counter() - began) * 1e3


def sign(n: int) -> dict[str, Any]:
    """Each signing of a period beside one check of the same password, in turn."""
    actor = people.signed_in(ANA)
    kept = credential_in_force(person_of(ANA.user_id))
    secret = kept.secret if kept else ""
    signed, hashed, edited = [], [], []
    for place in range(n):
        record = capa(actor)
        people.shown(actor, record.number)
        given = Components(None if place else ANA.user_id, ANA.password, None, MEANING)
        other = capa(actor)
        edited.append(_milliseconds(lambda r=other: _edit(actor, r)))  # type: ignore[misc]
        hashed.append(_milliseconds(lambda: passwords.matches(ANA.password, secret, of=ANA.user_id)))
        signed.append(_milliseconds(lambda r=record, g=given: _submit(actor, r, g)))  # type: ignore[misc]
    return {"signed": signed[1:], "hashed": hashed[1:], "edited": edited[1:]}


def _edit(actor: Any, record: Any) -> None:
    workflow.edit_record(
        actor, record.number, {"title": "Vial 70"}, revision=1, reason="typed the wrong vial"
    )


def _submit(actor: Any, record: Any, given: Components) -> None:
    workflow.take_step(actor, record.number, "submit", revision=record.revision, signature=given)


def read(n: int) -> dict[str, Any]:
    """The page of a record."""
    actor = people.signed_in(ANA)
    number = capa(actor).number
    client = Client(headers={"host": "localhost"})
    client.cookies["session"] = people.session(ANA)[0]
    found = [_milliseconds(lambda: client.get(f"/records/{number}")) for _ in range(n + 3)]
    return {"read": found[3:]}


def guess(seconds: float, rate: int) -> dict[str, Any]:
    """Sign-ins that fail, from one address."""
    client = Client(headers={"host": "localhost"}, REMOTE_ADDR="203.0.113.7")
    began, made = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < seconds:
        if made > passed * rate:
            time.sleep(0.0005)
            continue
        client.post(
            "/api/v1/sessions", {"user_id": f"nobody{made}", "password": "x"}, content_type="application/json"
        )
        made += 1
    return {"rate": made / seconds}


def main() -> None:
    """Makes the people once where this process is told to, then does what each line says."""
    if os.environ.get("BENCH_STOCK"):
        people.stock()
    verbs: dict[str, Callable[..., dict[str, Any]]] = {"sign": sign, "read": read, "guess": guess}
    print("ready", flush=True)
    for line in sys.stdin:
        told = json.loads(line)
        print(json.dumps(verbs[told.pop("do")](**told)), flush=True)


if __name__ == "__main__":
    main()
