"""What an installation itself does to the protections is no finding; what the ledger says of it, and once only."""

from __future__ import annotations

import psycopg
import pytest

from indelible.cli.installing import as_owner
from indelible.home.roles import watch_structure
from indelible.kernel.audit import attestation, installation
from tests.attacks.scene import Scene
from tests.conftest import point_django_at

ATTESTED = "select new from audit.event where kind = 'attest' order by id"
TOLD = "select db, new ->> 'command', new ->> 'on' from audit.event where kind = 'ddl' order by id"


def upgrade(scene: Scene, *migration: str) -> None:
    """As `indelible upgrade`: a migration by the owner, then the installation step."""
    with as_owner(scene.database.url("owner")):
        since = installation.last_entry()
    with psycopg.connect(scene.database.url("owner"), autocommit=True) as owner:
        for statement in migration:
            owner.execute(statement)
    with as_owner(scene.database.url("owner")):
        installation.install(version="9.9.9", reason="Change 17: a column more", since=since)
    point_django_at(scene.database)
    scene.seal()


@pytest.mark.urs("URS-AUD-02", "URS-AUD-12")
def test_an_upgrade_is_told_and_attested_and_nothing_is_found(scene: Scene) -> None:
    scene.digest()
    upgrade(scene, "alter table records_record add column annex text")
    assert ("indelible_owner", "ALTER TABLE", '["table public.records_record"]') in scene.database.rows(TOLD)
    first, second = (row[0] for row in scene.database.rows(ATTESTED))
    assert first["control_plane"] != second["control_plane"]
    assert any("column public.records_record.annex" in said for said in second["changed"])
    scene.revise(scene.number, what="Temperature above limit in cold room 3 for 50 minutes")
    scene.digest()
    report = scene.examine()
    assert report.findings == ()
    assert report.examined["attestations of the protections"] == 2
    assert report.examined["digests of tables replayed"] > 20


@pytest.mark.urs("URS-AUD-12")
def test_a_digest_holds_while_others_write(scene: Scene) -> None:
    """It is of one snapshot: what was open then is not in it, whatever its number in the trail."""
    with psycopg.connect(scene.database.url("superuser")) as open_one:
        open_one.execute("select nextval('audit.entry_id_seq')")
        scene.create("Door of cold room 3 left open")
        scene.digest()
    scene.create("Door of cold room 3 left open again")
    scene.seal()
    assert scene.examine().findings == ()


@pytest.mark.urs("URS-AUD-02")
def test_the_same_control_plane_is_attested_once(scene: Scene) -> None:
    """Also by a sealer that was killed after the entry and before its own file."""
    before = scene.database.rows(ATTESTED)
    scene.seal()
    (scene.sealer_folder / attestation.FILE).unlink()
    scene.seal()
    assert scene.database.rows(ATTESTED) == before


@pytest.mark.urs("URS-AUD-03")
def test_a_digest_is_refused_outside_one_snapshot_and_to_the_service(scene: Scene) -> None:
    with (
        psycopg.connect(scene.database.url("seal"), autocommit=True) as connection,
        pytest.raises(psycopg.Error, match="one snapshot"),
    ):
        connection.execute("select audit.state_digest()")
    for role in ("app", "verify"):
        with psycopg.connect(scene.database.url(role), autocommit=True) as connection:
            for sql in ("select audit.state_digest()", "select audit.testify('attest', '{}')"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(sql)


@pytest.mark.urs("URS-AUD-02")
def test_a_structure_that_the_trail_cannot_tell_of_is_not_changed(scene: Scene) -> None:
    """Whoever takes the trail's table away has to switch the telling off first, which is itself attested."""
    with pytest.raises(psycopg.Error):
        scene.sql("drop table audit.event cascade")
    assert scene.examine().findings == ()


@pytest.mark.urs("URS-AUD-02")
def test_without_a_superuser_changes_of_structure_are_not_watched_and_verify_says_so(scene: Scene) -> None:
    """A company's own server may give us none; what there is then is the attestation."""
    for name in ("indelible_structure", "indelible_structure_drop"):
        scene.sql(f"drop event trigger {name}")
    assert watch_structure(scene.database.url("owner")) is False
    assert scene.database.rows("select count(*) from pg_event_trigger") == [(0,)]
    upgrade(scene)
    report = scene.examine()
    assert report.findings == ()
    assert any("not told by this database itself" in one for one in report.notices)
    assert watch_structure(scene.database.url("superuser")) is True
    upgrade(scene)
    report = scene.examine()
    assert report.findings == () and not any("told by this database" in one for one in report.notices)
