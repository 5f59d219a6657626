"""The witness's answers, one by one, what it keeps on disk before it answers, and the evidence of a fork."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.growing import ORIGIN, Log

from indelible.ledger import checkpoint, cosignature, note, witness, witness_folder
from indelible.ledger.checkpoint import Checkpoint
from indelible.ledger.faults import LedgerFault, Malformed, Mismatch
from indelible.ledger.witness import Answer, Witness, origin_digest

pytestmark = pytest.mark.urs("URS-AUD-03")
OWN = cosignature.witness_signer("w.example/1", Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
NOW = 1_790_000_000


class Clock:
    now = float(NOW)

    def __call__(self) -> float:
        return self.now


def started(folder: Path, *logs: Log, clock: Clock | None = None) -> Witness:
    """A witness as a start makes it from its folder."""
    for log in logs or (Log(),):
        witness_folder.accept(folder, log.signer.verifier.vkey())
    return Witness(OWN, witness_folder.witnessed_logs(folder, OWN.verifier), clock or Clock())


def text(log: Log, size: int | None = None) -> str:
    return note.parse(log.signed(size)).text


def kept(folder: Path) -> bytes:
    return (folder / origin_digest(ORIGIN) / "checkpoint").read_bytes()


def assert_cosigned(answer: Answer, log: Log, size: int | None = None, at: int = NOW) -> None:
    assert answer.status == 200, answer.body
    made = cosignature.read_answer(answer.body, text(log, size), [OWN.verifier])
    assert [(one.witness, one.time) for one in made] == [(OWN.name, at)]


def test_growth_is_cosigned_and_on_disk_with_both_signatures(tmp_path: Path) -> None:
    log, one = Log(5), started(tmp_path)
    assert_cosigned(one.add_checkpoint(log.request(0)), log)
    assert_cosigned(one.add_checkpoint(log.grow(2000).request(5)), log)
    assert_cosigned(one.add_checkpoint(log.request(2000)), log)  # the same size again: a fresher time
    opened = note.open_note(kept(tmp_path), [log.signer.verifier, OWN.verifier])
    assert len(opened.verified) == 2 and checkpoint.parse(opened.text).size == 2000
    head, mine = witness.read_kept(kept(tmp_path), ORIGIN, log.signer.verifier, OWN.verifier)
    assert (head.size, mine.time) == (2000, NOW)
    assert one.kept_checkpoint(origin_digest(ORIGIN)) == Answer(200, kept(tmp_path))
    assert one.kept_checkpoint("0" * 64).status == 404
    assert started(tmp_path).logs[ORIGIN].head == head


def test_a_replay_or_an_older_log_gets_409_and_the_size(tmp_path: Path) -> None:
    log, one = Log(5), started(tmp_path)
    one.add_checkpoint(log.request(0))
    one.add_checkpoint(log.grow(9).request(5))
    before = kept(tmp_path)
    for body in (log.request(5), log.request(0), log.request(5, 7), log.request(7, 9)):
        answer = one.add_checkpoint(body)
        assert (answer.status, answer.type, witness.read_size(answer.body)) == (409, "text/x.tlog.size", 9)
    assert kept(tmp_path) == before and not witness_folder.evidence(tmp_path, ORIGIN)


def test_a_forked_history_gets_422_and_both_checkpoints_are_kept_as_evidence(tmp_path: Path) -> None:
    log, one = Log(9), started(tmp_path)
    one.add_checkpoint(log.request(0))
    before = kept(tmp_path)
    false = Log(12, fork=4)
    answer = one.add_checkpoint(false.request(9))
    assert answer.status == 422 and b"does not extend" in answer.body
    assert one.add_checkpoint(false.request(9)).status == 422  # the same evidence stands once
    assert kept(tmp_path) == before
    (file,) = witness_folder.evidence(tmp_path, ORIGIN)
    told = json.loads(file.read_text())
    for side in ("kept", "submitted"):
        checkpoint.open_checkpoint(told[side].encode(), ORIGIN, [log.signer.verifier])
    assert (told["kept"].encode(), told["submitted"].encode()) == (before, false.signed())
    assert told["old"] == 9 and len(told["proof"]) == len(false.proof(9))
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("old", [9, 3])
def test_another_tree_of_the_same_size_gets_409_and_is_evidence(tmp_path: Path, old: int) -> None:
    one = started(tmp_path)
    one.add_checkpoint(Log(9).request(0))
    answer = one.add_checkpoint(Log(9, fork=8).request(old))
    assert (answer.status, answer.body) == (409, b"9\n")
    assert len(witness_folder.evidence(tmp_path, ORIGIN)) == 1


def test_a_wrong_key_gets_403_and_an_unknown_origin_404(tmp_path: Path) -> None:
    one = started(tmp_path)
    assert one.add_checkpoint(Log(5, seed=2).request(0)).status == 403
    assert one.add_checkpoint(Log(5, origin="other.example").request(0)).status == 404
    spoiled = Log(5).request(0)[:-10] + b"AAAAAAA==\n"
    assert one.add_checkpoint(spoiled).status in (400, 403)
    assert kept(tmp_path) == b""


def test_a_second_key_of_the_same_log_is_trusted_while_it_exchanges_its_key(tmp_path: Path) -> None:
    one = started(tmp_path, Log(), Log(seed=2))
    assert one.add_checkpoint(Log(5).request(0)).status == 200
    assert one.add_checkpoint(Log(8, seed=2).request(5)).status == 200
    assert not witness_folder.accept(tmp_path, Log(seed=2).signer.verifier.vkey())


def test_a_bad_proof_gets_422_and_an_old_size_beyond_the_checkpoint_400(tmp_path: Path) -> None:
    log, one = Log(9), started(tmp_path)
    assert one.add_checkpoint(witness.request(0, [bytes(32)], log.signed())).status == 422
    one.add_checkpoint(log.request(0, 5))
    assert one.add_checkpoint(witness.request(5, [bytes(32)], log.signed())).status == 422
    assert one.add_checkpoint(witness.request(5, [], log.signed())).status == 422
    assert one.add_checkpoint(witness.request(10, [], log.signed())).status == 400
    assert_cosigned(one.add_checkpoint(log.request(5)), log)


def test_a_clock_set_back_stops_the_witness_and_a_small_slip_does_not(tmp_path: Path) -> None:
    clock = Clock()
    log, one = Log(9), started(tmp_path, clock=clock)
    one.add_checkpoint(log.request(0, 3))
    clock.now = NOW - 4
    assert_cosigned(one.add_checkpoint(log.request(3, 5)), log, 5)
    clock.now = NOW - 3600
    answer = one.add_checkpoint(log.request(5))
    assert answer.status == 503 and b"clock" in answer.body
    assert witness.read_kept(kept(tmp_path), ORIGIN, log.signer.verifier, OWN.verifier)[0].size == 5


def test_no_signature_leaves_before_the_state_is_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, one = Log(9), started(tmp_path)
    one.add_checkpoint(log.request(0, 3))
    before = kept(tmp_path)

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(witness_folder, "replace_durably", full)
    with pytest.raises(OSError, match="No space"):
        one.add_checkpoint(log.request(3))
    assert kept(tmp_path) == before and one.logs[ORIGIN].head == checkpoint.parse(text(log, 3))
    monkeypatch.undo()
    assert_cosigned(one.add_checkpoint(log.request(3)), log)


@pytest.mark.parametrize("harm", ["gone", "emptied signature", "older text", "garbage", "another folder"])
def test_a_state_that_is_not_what_the_witness_wrote_is_refused_at_start(tmp_path: Path, harm: str) -> None:
    log, one = Log(9), started(tmp_path)
    one.add_checkpoint(log.request(0))
    folder = tmp_path / origin_digest(ORIGIN)
    file = folder / "checkpoint"
    if harm == "gone":
        file.unlink()
    elif harm == "emptied signature":
        file.write_bytes(log.signed())
    elif harm == "older text":
        file.write_bytes(file.read_bytes().replace(b"\n9\n", b"\n8\n"))
    elif harm == "garbage":
        file.write_bytes(b"\x00\xff")
    else:
        folder.rename(tmp_path / "somewhere")
    with pytest.raises(LedgerFault):
        witness_folder.witnessed_logs(tmp_path, OWN.verifier)


@pytest.mark.parametrize("vkey", ["", "x", OWN.verifier.vkey(), Log().signer.verifier.vkey()[:-1]])
def test_what_is_not_the_key_of_a_log_is_not_accepted(tmp_path: Path, vkey: str) -> None:
    with pytest.raises(Malformed):
        witness_folder.accept(tmp_path, vkey)
    assert not list(tmp_path.iterdir())


GOOD = Log(9).request(0, 5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"old 0",
        GOOD.replace(b"old 0", b"old 00"),
        GOOD.replace(b"old 0", b"old -1"),
        GOOD.replace(b"old 0", b"old  0"),
        GOOD.replace(b"old 0", b"OLD 0"),
        GOOD.replace(b"old 0", b"old 99999999999999999999"),
        GOOD.replace(b"old 0", "old ٣".encode()),
        GOOD.replace(b"old 0\n", b"old 0\r\n"),
        GOOD.replace(b"old 0\n", b"old 0\nAAAA\n"),
        GOOD.replace(b"old 0\n", b"old 0\nnot base64\n"),
        GOOD.replace(b"old 0\n", b"old 0\n" + (b"A" * 43 + b"=\n") * 64),
        GOOD + b"\n",
        GOOD[:-1],
        GOOD.replace(ORIGIN.encode(), b""),
        b"x" * 70_000,
        b"old 0\n\n" + b"\xff" * 100,
    ],
)
def test_a_request_that_is_not_in_its_form_gets_400(tmp_path: Path, body: bytes) -> None:
    answer = started(tmp_path).add_checkpoint(body)
    assert answer.status == 400 and answer.body.endswith(b".\n")
    assert kept(tmp_path) == b""


@given(st.binary(max_size=200), st.integers(0, len(GOOD)))
def test_no_request_whatever_breaks_the_witness(data: bytes, at: int) -> None:
    one = Witness(OWN, {}, Clock())
    for body in (data, b"old 0\n\n" + data, GOOD[:at] + data + GOOD[at:]):
        assert one.add_checkpoint(body).status in (400, 404)


def test_a_thousand_random_requests_never_make_it_sign_two_histories(tmp_path: Path) -> None:
    chance = random.Random(8)
    one = started(tmp_path)
    logs = [Log(40), Log(40, fork=3), Log(40, fork=11), Log(40, fork=25)]
    signed: list[Checkpoint] = []
    for _ in range(1000):
        log = chance.choice(logs)
        size = chance.randint(1, 40)
        known = one.logs[ORIGIN].head
        old = known.size if known and chance.random() < 0.7 else chance.randint(0, size)
        answer = one.add_checkpoint(log.request(min(old, size), size))
        if answer.status == 200:
            cosignature.read_answer(answer.body, text(log, size), [OWN.verifier])
            signed.append(checkpoint.parse(text(log, size)))
    assert len(signed) > 5
    assert [one.size for one in signed] == sorted(one.size for one in signed)
    assert any(all(checkpoint.parse(text(log, one.size)) == one for one in signed) for log in logs)


@pytest.mark.parametrize(
    "body", [b"", b"12", b"1\n2\n", b"-1\n", b"01\n", b"x\n", b"\xff\n", b"9" * 40 + b"\n"]
)
def test_an_answer_that_is_not_a_size_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        witness.read_size(body)


def test_what_a_witness_says_it_keeps_is_believed_only_with_the_logs_own_signature() -> None:
    log = Log(5)
    mine = OWN.sign(text(log), NOW)
    key = log.signer.verifier
    only_witness = note.Note(text(log), (mine,)).to_bytes()
    with pytest.raises(Mismatch, match="not signed by this log"):
        witness.read_kept(only_witness, ORIGIN, key, OWN.verifier)
    with pytest.raises(LedgerFault):
        witness.read_kept(log.signed(), ORIGIN, key, OWN.verifier)
    with pytest.raises(Mismatch, match="another log"):
        both = note.Note(text(log), (*note.parse(log.signed()).signatures, mine)).to_bytes()
        witness.read_kept(both, "other.example", key, OWN.verifier)
