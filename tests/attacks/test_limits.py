"""Attacks on what is not a table, and a session that only stands in the way: what docs/trust.md says of each is so."""

from __future__ import annotations

import psycopg
import pytest

from indelible.kernel.audit import queries
from indelible.kernel.files.store import store
from tests.attacks.scene import Scene

MARK = "select pg_advisory_xact_lock_shared((7::bigint << 48) | %s)"


@pytest.mark.urs("URS-AUD-03")
def test_a_session_that_holds_the_mark_stalls_sealing_and_the_alarm_tells(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service's own login may hold the mark of sequencing: nothing is lost, and freshness says so meanwhile."""
    before = scene.examine().size
    last = scene.database.superuser("select last_value from audit.entry_id_seq")[0][0]
    monkeypatch.setattr(queries, "SEALED_WITHIN", 0.0)
    with psycopg.connect(scene.database.url("app")) as holder:
        holder.execute(MARK, [last])
        scene.create("Door of cold room 3 left open")
        scene.seal()
        assert scene.examine().size == before
        assert queries.is_sealing_late()
    scene.seal()
    assert not queries.is_sealing_late()
    report = scene.examine()
    assert report.size > before
    assert report.findings == ()


@pytest.mark.urs("URS-AUD-03")
def test_two_files_that_changed_places_are_both_found(scene: Scene) -> None:
    other = scene.attach(scene.other, "label.txt", b"label of lot 4711\n")
    scene.seal()
    one, two = store().path(scene.sha256), store().path(other)
    first, second = one.read_bytes(), two.read_bytes()
    for path, content in ((one, second), (two, first)):
        path.chmod(0o600)
        path.write_bytes(content)
    found = " ".join(str(f.object) for f in scene.examine().findings if f.check == "files")
    assert "page7.txt" in found
    assert "label.txt" in found
