"""The scene of the attacks: a small company with records, a file, a sealed trail; and what a superuser does to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import psycopg

from indelible.jobs.digests import digest_tables
from indelible.jobs.sealer import seal_once
from indelible.jobs.verification import Report, examine
from indelible.kernel.audit import actions as audit
from indelible.kernel.audit import seal
from indelible.kernel.audit.types import Actor
from indelible.kernel.files import actions as files
from indelible.kernel.records import actions
from indelible.kernel.records.models import Record
from indelible.kernel.workflow import events
from tests import people
from tests.conftest import Database
from tests.signatures import signing

EVIDENCE = b"batch record page 7, signed copy\n"


@dataclass
class Scene:
    """One database under attack, with the folder of its sealer and the author who works in it."""

    database: Database
    sealer_folder: Path
    author: Actor
    number: str = ""
    other: str = ""
    sha256: str = ""
    signed: str = ""

    def seal(self) -> None:
        """What the sealer does every second."""
        seal_once(self.database.url("seal"), self.sealer_folder, seal.signer(self.database.home))

    def examine(self, *, without: Collection[str] = ()) -> Report:
        """What `indelible verify` does."""
        return examine(
            self.database.url("verify"), self.database.home, sealer_folder=self.sealer_folder, without=without
        )

    def digest(self) -> None:
        """What is written of all tables once a day."""
        with psycopg.connect(self.database.url("seal"), autocommit=True) as connection:
            digest_tables(connection)
        self.seal()

    def sql(self, *statements: str) -> None:
        """As superuser, the triggers where they are."""
        for statement in statements:
            self.database.superuser(statement)

    def past_triggers(self, table: str, *statements: str) -> None:
        """As superuser with the table's triggers off, and on again as they were."""
        triggers = self.database.superuser(
            "select tgname, tgenabled from pg_trigger where tgrelid = %s::regclass and not tgisinternal",
            [table],
        )
        self.sql(
            f"alter table {table} disable trigger all", *statements, f"alter table {table} enable trigger all"
        )
        for name, enabled in triggers:
            assert enabled == "A"
            self.sql(f"alter table {table} enable always trigger {name}")

    def in_one(self, *statements: str) -> None:
        """As superuser, all of it in one transaction: nobody sees what is in between."""
        self.sql(";".join(("begin", "set constraints all immediate", *statements, "commit")))

    def create(self, title: str) -> str:
        """A record by the author."""
        with audit.act(self.author, events.CREATE) as act:
            fields = {"what": title, "amount": {"value": "9.90", "unit": "mg"}}
            made = actions.create(
                act,
                self.author,
                process="deviation",
                process_version=1,
                fingerprint="0" * 64,
                prefix="DEV",
                state="draft",
                title=title,
                fields=fields,
            )
            act.name(record=made.number)
        return made.number

    def revise(self, number: str, **fields: str) -> None:
        """The next revision of a record by the author."""
        record = Record.objects.get(number=number)
        with audit.act(self.author, events.EDIT, record=number, reason="first wording was incomplete") as act:
            values = {**record.values, **fields}
            actions.revise(
                act, self.author, record, expected=record.revision, fields=values, title=record.title
            )

    def attach(self, number: str, name: str, content: bytes) -> str:
        """A file on a record by the author; its digest."""
        upload = files.receive(self.author, BytesIO(content), name=name)
        with audit.act(self.author, events.ATTACH, record=number) as act:
            made = actions.attach(act, self.author, Record.objects.get(number=number), upload=upload)
        return made.blob_id


def set_scene(database: Database, folder: Path) -> Scene:
    """Two records, one of them revised and with a file, and a signed one, all sealed."""
    scene = Scene(database, folder, people.signed_in(people.ANA))
    scene.number = scene.create("Temperature above limit in cold room 3")
    scene.other = scene.create("Label of lot 4711 without expiry date")
    scene.revise(scene.number, what="Temperature above limit in cold room 3 for 40 minutes")
    scene.sha256 = scene.attach(scene.number, "page7.txt", EVIDENCE)
    capa = signing.capa(scene.author)
    signing.submit(scene.author, capa, signing.all_of(people.ANA))
    scene.signed = capa.number
    scene.seal()
    return scene
