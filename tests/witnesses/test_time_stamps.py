"""RFC 3161 time stamps over the checkpoint, from a throw-away authority made with the openssl command."""

from __future__ import annotations

import subprocess
import threading
import time
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indelible.home.outside import AuthorityAddress, Outside
from indelible.jobs.anchors import run
from indelible.kernel.audit import stamps
from indelible.kernel.audit.anchors import WAKE_CHANNEL
from indelible.ledger.faults import LedgerFault, Malformed, Mismatch
from tests.witnesses.conftest import Authority, Place, make_authority

pytestmark = pytest.mark.urs("URS-AUD-03", "URS-TIM-03")
NOTE = b"ledger.indelible/test\n9\nx\n\n"


def test_the_newest_checkpoint_is_stamped_daily_and_on_demand(
    place: Place, serving_authority: AuthorityAddress, authority: Authority, tmp_path: Path
) -> None:
    working = place.anchors(Outside(authorities=(serving_authority,)))
    working.beat()
    working.beat()
    (receipt,) = place.receipts()
    size, text = place.database.rows("select size, note from audit.checkpoint order by size desc limit 1")[0]
    token = b64decode(receipt.pop("token"))
    assert receipt == {"receipt": "timestamp", "size": size, "authority": "authority"}
    moment = stamps.check(token, text.encode(), authority.root)
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60
    place.clock.now += (
        90_000  # the process's clock alone makes nothing due: the ledger knows when it was stamped
    )
    working.beat()
    assert len(place.receipts()) == 1
    working.beat(stamp=True)
    assert len(place.receipts()) == 2
    (tmp_path / "checkpoint").write_bytes(text.encode())
    (tmp_path / "reply").write_bytes(token)
    words = [
        "ts",
        "-verify",
        "-data",
        "checkpoint",
        "-in",
        "reply",
        "-CAfile",
        str(authority.folder / "root.pem"),
    ]
    done = subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Verification: OK" in done.stdout + done.stderr


def test_a_stamp_holds_for_its_checkpoint_authority_and_question_alone(
    authority: Authority, tmp_path: Path
) -> None:
    asked = stamps.request(NOTE)
    token = authority.reply(asked.as_bytes())
    assert stamps.check(token, NOTE, authority.root, nonce=asked.nonce)
    with pytest.raises(Mismatch, match="Mismatch between messages"):
        stamps.check(token, NOTE + b"x", authority.root)
    with pytest.raises(Mismatch, match="Nonce mismatch"):
        stamps.check(token, NOTE, authority.root, nonce=1)
    stranger = make_authority(tmp_path / "stranger")
    with pytest.raises(Mismatch, match="not valid for this checkpoint"):
        stamps.check(token, NOTE, stranger.root)
    for wrong in ("", "no certificate", authority.root.replace("M", "N")):
        with pytest.raises(Malformed):
            stamps.check(token, NOTE, wrong)


def test_no_bytes_whatever_break_the_reader_of_stamps(authority: Authority) -> None:
    token = authority.reply(stamps.request(NOTE).as_bytes())
    assert len(token) < stamps.MOST_ANSWER
    passed = 0
    for at in range(len(token)):
        try:
            passed += (
                stamps.check(token[:at] + bytes([token[at] ^ 0x10]) + token[at + 1 :], NOTE, authority.root)
                is None
            )
        except LedgerFault as fault:
            assert "ErrorStack" not in str(fault) and len(str(fault)) < 300
    for cut in range(0, len(token), 13):
        with pytest.raises(LedgerFault):
            stamps.check(token[:cut], NOTE, authority.root)
    with pytest.raises(Malformed, match="larger than any real one"):
        stamps.check(bytes(20_000), NOTE, authority.root)
    assert not passed


def test_a_job_has_it_stamped_now(place: Place, serving_authority: AuthorityAddress) -> None:
    """Two processes in one: the job notifies, the anchors' loop, listening on its own connection, asks the authority."""
    from indelible.jobs import tasks

    given = Outside(authorities=(serving_authority,))
    working = place.anchors(given)
    working.beat()
    assert len(place.receipts()) == 1
    stop = threading.Event()
    working.connection.execute(f"listen {WAKE_CHANNEL}")
    loop = threading.Thread(target=run, args=(working, stop))
    loop.start()
    try:
        tasks.time_stamp_now.func()
        end = time.monotonic() + 10
        while len(place.receipts()) < 2 and time.monotonic() < end:
            time.sleep(0.1)
    finally:
        stop.set()
        loop.join(10)
    assert len(place.receipts()) == 2
