"""A canary typed at every door as a secret, and as a user id, is found nowhere afterwards (URS-AUD-07, URS-CRD-03)."""

from __future__ import annotations

import base64
import io
import logging
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pypdf import PdfReader

from indelible.cli.person import TOKEN, signed_in
from indelible.cli.step import take
from indelible.config.logs import JsonFormatter
from indelible.jobs.sealer import seal_once
from indelible.kernel.audit import seal
from indelible.kernel.audit.types import Refusal
from indelible.kernel.identity.models import Strain
from indelible.web import drafts
from tests.api.calling import Caller
from tests.api.deviations import opened
from tests.cli.test_step import Answers
from tests.conftest import Database
from tests.doors.cast import DORA
from tests.people import ANA, INES, OMAR
from tests.web import conftest as web

STEP = "report"


class Canaries:
    """Hands out a new one for each door and remembers where it was typed."""

    def __init__(self) -> None:
        self.typed: dict[str, str] = {}

    def __call__(self, door: str) -> str:
        """Long and mixed enough to be taken as a password, and like nothing else in the house."""
        made = f"kanari {secrets.token_hex(5)} sings {secrets.token_hex(5)}"
        self.typed[made] = door
        return made

    def word(self, door: str) -> str:
        """One word, as user ids, tokens and one-time codes are."""
        made = f"kanari{secrets.token_hex(10)}"
        self.typed[made] = door
        return made

    def found_in(self, text: str) -> list[str]:
        """The doors whose canary stands in a text: plain, in hex or in base64."""
        lower = text.lower()
        return [
            door
            for secret, door in self.typed.items()
            if secret in lower or secret.encode().hex() in lower or _middle(secret) in text
        ]


def _middle(secret: str) -> str:
    """What base64 makes of the secret, whatever stood before it at a multiple of three letters."""
    return base64.b64encode(secret.encode()).decode()[:24]


@pytest.fixture
def canary() -> Canaries:
    return Canaries()


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Every entry the service's own formatter would have written, down to the finest."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    keeper = Keeper(logging.DEBUG)
    keeper.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.addHandler(keeper)
    with caplog.at_level(logging.INFO):
        yield lines
    root.removeHandler(keeper)


def everything_in(database: Database) -> Iterator[tuple[str, str]]:
    """(table, all its rows as text), of every table of every schema, the system's statistics included, as superuser."""
    with psycopg.connect(database.url("superuser"), autocommit=True) as made:
        tables = made.execute(
            "select oid::regclass::text from pg_class where relkind in ('r', 'p', 'm') and relnamespace not in"
            " ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)"
        ).fetchall()
        for (table,) in [*tables, ("pg_catalog.pg_statistic",)]:
            rows = made.execute(f"select t::text from {table} as t").fetchall()
            yield table, "\n".join(row[0] for row in rows)


def sealed_leaves(database: Database, folder: Path) -> str:
    """The trail as leaves of the ledger, after the sealer's work."""
    seal_once(database.url("seal"), folder, seal.signer(database.home))
    return "\n".join(bytes(row[0]).decode() for row in database.rows("select bytes from audit.leaf"))


def logs_of(database: Database) -> str:
    """Every file of the logs' folder and the server's own log, wherever it lies."""
    folders = [database.home.logs, database.server.data]
    files = [
        p
        for folder in folders
        for p in folder.rglob("*")
        if p.is_file() and p.suffix in (".log", ".json", ".csv")
    ]
    assert files, "no log was found to look into"
    return "\n".join(p.read_text(errors="replace") for p in files)


# ----------------------------------------------------------------- the doors


def calm() -> None:
    """The source does not wait: that it would after so many strange ids is another test's matter."""
    Strain.objects.all().delete()


def at_the_pages(canary: Canaries) -> None:
    """Sign-in, cookies, addresses, signing, own password, unlocking, drafts."""
    number = opened(Caller(OMAR)).body["number"]
    visitor = web.Visitor()
    for user, secret in (
        ("ana", canary("page sign-in, password")),
        (canary.word("page sign-in, user id"), canary("page sign-in, password of an unknown id")),
        (canary("page sign-in, a phrase as user id"), ""),
    ):
        assert visitor.post("/sign-in", {"user_id": user, "password": secret}).status_code == 401
    calm()
    strange = canary.word("page, session cookie")
    visitor.client.cookies["session"] = strange
    for path in ("/", f"/records/{number}", f"/search?q=x&token={canary.word('page, token in an address')}"):
        assert visitor.get(path).status_code == 401
    omar = web.signed_in(OMAR)
    page = f"/records/{number}/steps/{STEP}"
    assert omar.get(page).status_code == 200  # only what was shown is signed
    for signer, secret in (
        ("omar", canary("signing page, password")),
        (canary.word("signing page, user id"), canary("signing page, password of another id")),
    ):
        answer = omar.post(page, {"revision": "1", "user_id": signer, "password": secret}, page="/")
        assert answer.status_code == 422 and "URS-SIG-07" in omar.text(answer)
    stale = {"revision": "9", "user_id": "omar", "password": canary("signing page, stale revision")}
    assert omar.post(page, stale, page="/").status_code == 409
    _own_password(omar, canary)


def _own_password(omar: web.Visitor, canary: Canaries) -> None:
    new = canary("own password, the new one that holds")
    for present, first, again in (
        (canary("own password, wrong present"), canary("own password, new"), ""),
        (OMAR.password, canary("own password, differs"), canary("own password, differs again")),
        (OMAR.password, (short := canary.word("own password, a single word"))[:14], short[:14]),
    ):
        said = {"password": present, "new_password": first, "new_password_again": again or first}
        answer = omar.post("/account/password", said, page="/account/password")
        assert answer.status_code in (403, 422)
    held = {"password": OMAR.password, "new_password": new, "new_password_again": new}
    assert omar.post("/account/password", held, page="/account/password").status_code == 302
    again = {"password": new, "new_password": new, "new_password_again": new}
    assert omar.post("/account/password", again, page="/account/password").status_code == 422
    omar.post("/lock", page="/account/password")
    wrong = {"user_id": "omar", "password": canary("unlock page, password")}
    assert omar.post("/unlock", wrong).status_code in (401, 422)
    other = {"user_id": canary.word("unlock page, user id"), "password": canary("unlock page, of another id")}
    assert omar.post("/unlock", other).status_code in (401, 422)


def at_a_covered_page(canary: Canaries, database: Database) -> None:
    """What was being written is kept for its writer; the secret that stood beside it is not."""
    dora, number = web.signed_in(DORA), opened(Caller(DORA)).body["number"]
    database.superuser("update identity_session_seen set at = at - %s", (timedelta(minutes=16),))
    secret = canary("signing page, locked meanwhile")
    given = {"revision": "1", "user_id": "dora", "password": secret, "reason": "typed before the lock"}
    covered = dora.post(f"/records/{number}/steps/{STEP}", given, page="/sign-in")
    assert covered.status_code == 401 and secret not in dora.text(covered)
    draft = re.search(r'name="draft" value="([^"]+)"', dora.text(covered))
    assert draft is not None
    kept = drafts.open_for("dora", draft[1])
    assert kept is not None and canary.found_in(str(kept)) == []


def at_the_api(canary: Canaries) -> None:
    """Sign-in, header, cookie, signing, own password, unlocking, bodies that cannot be read."""
    nobody, word = Caller(), canary.word
    for body in (
        {
            "user_id": "ana",
            "password": canary("API sign-in, password"),
            "otp": word("API sign-in, one-time code"),
        },
        {
            "user_id": word("API sign-in, user id"),
            "password": canary("API sign-in, password of an unknown id"),
        },
        {"user_id": "ana", "password": [canary("API sign-in, a list")]},
        {
            "user_id": "ana",
            "password": canary("API, unknown member"),
            "pin": word("API sign-in, unknown member"),
        },
        {
            "user_id": word("API sign-in, too long a code"),
            "password": "x",
            "otp": canary("API, long code") * 2,
        },
    ):
        assert nobody.post("/sessions", body).status in (401, 422)
    calm()
    broken = f'{{"user_id": "ana", "password": "{canary("API sign-in, broken body")}"'.encode()
    assert nobody.call("POST", "/sessions", broken).status == 400
    nobody.token = word("API, bearer token")
    assert nobody.get("/records").status == 401
    assert nobody.get(f"/records?access_token={word('API, token in an address')}").status == 401
    nobody.token = ""
    basic = base64.b64encode(f"ana:{canary('API, basic authorization')}".encode()).decode()
    assert nobody.get("/records", authorization=f"Basic {basic}").status == 401
    assert nobody.get("/records", cookie=f"session={word('API, session cookie')}").status == 401
    ana = Caller(ANA)
    number = opened(ana).body["number"]
    ana.get(f"/records/{number}")
    for signature in (
        {"user_id": "ana", "password": canary("API signing, password")},
        {"user_id": word("API signing, user id"), "password": canary("API signing, password of another id")},
        {"user_id": "ana", "password": ANA.password, "otp": word("API signing, one-time code")},
        {"password": canary("API signing, without id"), "pin": word("API signing, unknown member")},
    ):
        answer = ana.post(f"/records/{number}/steps/{STEP}", {"revision": 1, "signature": signature})
        assert answer.status == 422, answer
    late = {"user_id": "ana", "password": canary("API signing, stale revision")}
    assert ana.post(f"/records/{number}/steps/{STEP}", {"revision": 9, "signature": late}).status in (
        403,
        409,
    )
    new = canary("API own password, new")
    wrong = {"password": canary("API own password, wrong"), "new_password": new}
    assert ana.call("PUT", "/credentials/password", wrong).status in (403, 422)
    assert (
        ana.call("PUT", "/credentials/password", {"password": ANA.password, "new_password": new}).status
        == 204
    )
    ana.post("/sessions/current/lock")
    assert (
        ana.call("DELETE", "/sessions/current/lock", {"password": canary("API unlock, password")}).status
        == 422
    )


def at_the_command_line(canary: Canaries, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked at a terminal, and the token of the environment."""
    number = opened(Caller(DORA)).body["number"]
    monkeypatch.delenv(TOKEN, raising=False)
    for answers in (
        Answers("petra", canary("command, password")),
        Answers(canary.word("command, user id"), canary("command, password of an unknown id")),
    ):
        with pytest.raises(Refusal), signed_in(answers, purpose="step"):
            raise AssertionError("nobody came in")
    with signed_in(Answers("dora", DORA.password), purpose="step") as actor:
        wrong = Answers(True, canary.word("command, signer"), canary("command, signing password"))
        with pytest.raises(Refusal):
            take(actor, wrong, number, STEP, fields=None, reason="")
    monkeypatch.setenv(TOKEN, canary.word("command, token of the environment"))
    with pytest.raises(Refusal), signed_in(Answers(), purpose="step"):
        raise AssertionError("nobody came in")
    monkeypatch.delenv(TOKEN)


# ----------------------------------------------------------------- and then


@pytest.mark.urs("URS-AUD-07", "URS-CRD-03")
def test_a_canary_typed_at_every_door_is_found_nowhere(
    stocked: Database,
    canary: Canaries,
    logged: list[str],
    tmp_path: Path,
    capfd: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_the_pages(canary)
    at_the_api(canary)
    at_the_command_line(canary, monkeypatch)
    at_a_covered_page(canary, stocked)
    assert len(canary.typed) > 45
    for table, rows in everything_in(stocked):
        assert canary.found_in(rows) == [], table
    assert "session.begin" in (leaves := sealed_leaves(stocked, tmp_path))
    assert canary.found_in(leaves) == []
    assert canary.found_in(logs_of(stocked)) == []
    assert logged and canary.found_in("\n".join(logged)) == []
    printed = capfd.readouterr()
    assert canary.found_in(printed.out + printed.err) == []
    for name, text in copies(stocked):
        assert canary.found_in(text) == [], name


def test_the_search_would_find_it(stocked: Database, canary: Canaries) -> None:
    """A canary that was saved as a value is found: in its tables, plain, and as bytes."""
    made = canary("a field")
    assert opened(Caller(DORA), title=made).status == 201
    found = {table for table, rows in everything_in(stocked) if canary.found_in(rows)}
    assert {"audit.event", "records_record", "records_revision"} <= found
    assert canary.found_in("x" + made.encode().hex()) == canary.found_in(
        base64.b64encode(made.encode()).decode()
    )


def copies(database: Database) -> Iterator[tuple[str, str]]:
    """Everything that leaves the house about the records, and the trail that an inspector reads."""
    ines, visitor = Caller(INES), web.signed_in(INES)
    for path in ("/audit-trail?format=csv", "/audit-trail?limit=500", "/audit-trail?outcome=denied"):
        yield path, ines.get(path).content.decode()
    yield "the trail's page", visitor.text(visitor.get("/audit-trail"))
    for (number,) in database.rows("select number from records_record"):
        yield f"{number}, JSON", ines.get(f"/records/{number}/copy?format=json").content.decode()
        pdf = ines.get(f"/records/{number}/copy?format=pdf").content
        reader = PdfReader(io.BytesIO(pdf))
        yield f"{number}, PDF", "".join(page.extract_text() for page in reader.pages)
        yield f"{number}, attached to the PDF", reader.attachments["record.json"][0].decode()
        yield f"{number}, bytes of the PDF", pdf.decode("latin-1")
        for path in (f"/records/{number}", f"/records/{number}/audit-trail"):
            yield path, visitor.text(visitor.get(path))
