"""Cosignatures of checkpoints (C2SP tlog-cosignature v1.0.1, type 0x04): what a witness states, made, read and checked.

The line is one of a signed note: dash, witness's name, base64(key id[4] ‖ time[8] ‖ Ed25519 signature[64]). It states: at
that time this was the largest tree of this log the witness had seen, and it extended every one before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from indelible.ledger import note
from indelible.ledger.faults import Malformed, Mismatch
from indelible.ledger.note import COSIGNATURE, Note, Signer, Verifier

MOST_TIME = (1 << 63) - 1
MOST_ANSWER = 16_384
"""Bytes of a witness's whole answer; sixteen lines of the longest sensible names are a quarter of it."""


@dataclass(frozen=True)
class Cosignature:
    """A cosignature that was checked: the witness's key name, seconds since 1970 UTC, the whole line without newline."""

    witness: str
    time: int
    line: str


def witness_signer(name: str, key: Ed25519PrivateKey) -> Signer:
    """A witness's private key under its name; raises Malformed for a name that cannot stand in a note."""
    note.check_name(name)
    return Signer(name, key, COSIGNATURE)


def witness_verifier(vkey: str) -> Verifier:
    """A witness's public key from its printable line; raises Malformed, also for a key that is not for cosignatures."""
    read = note.parse_vkey(vkey)
    if read.type != COSIGNATURE:
        raise Malformed(f"The key {read.name} signs notes; a witness's key is of type 0x04.")
    return read


def cosign(text: str, signer: Signer, time: int) -> Cosignature:
    """Cosigns a checkpoint's text at `time` (seconds since 1970 UTC); raises ValueError for a time no line can hold."""
    if not 0 < time <= MOST_TIME:
        raise ValueError(f"a cosignature cannot state the time {time}")
    return Cosignature(signer.name, time, signer.sign(text, time).line().rstrip("\n"))


def check(line: str, text: str, verifiers: Iterable[Verifier]) -> Cosignature:
    """One line against the checkpoint's text; raises Malformed, or Mismatch for an unknown key or a wrong signature."""
    one = _lines(text, line + "\n").signatures[0]
    for verifier in verifiers:
        if (verifier.name, verifier.key_id) == (one.name, one.key_id):
            return _checked(one, text, verifier)
    raise Mismatch(f"No witness known here has the key that {one.name} signed with.")


def read_answer(answer: bytes, text: str, verifiers: Sequence[Verifier]) -> tuple[Cosignature, ...]:
    """The cosignatures by known witnesses in the body of an `add-checkpoint` answer, in its order.

    Unknown keys are ignored, as the protocol demands. Raises Malformed for anything that is not signature lines, Mismatch
    where a known key's signature is wrong or where no known key has signed.
    """
    if len(answer) > MOST_ANSWER:
        raise Malformed("The witness's answer is larger than any real one.")
    try:
        said = answer.decode()
    except UnicodeDecodeError as error:
        raise Malformed("The witness's answer is not UTF-8.") from error
    known = {(one.name, one.key_id): one for one in verifiers if one.type == COSIGNATURE}
    found = tuple(
        _checked(one, text, known[one.name, one.key_id])
        for one in _lines(text, said).signatures
        if (one.name, one.key_id) in known
    )
    if not found:
        raise Mismatch("The answer holds no cosignature by the witness that was asked.")
    return found


def _lines(text: str, lines: str) -> Note:
    """The lines parsed as those of a note, which leaves one strict reader of signature lines in the product."""
    if not lines.startswith("— ") or "\n\n" in lines:
        raise Malformed("These are not signature lines of a note.")
    return note.parse(f"{text}\n{lines}".encode())


def _checked(one: note.Signature, text: str, verifier: Verifier) -> Cosignature:
    if verifier.type != COSIGNATURE or not verifier.verify(text, one.payload):
        raise Mismatch(f"The cosignature by {one.name} is not valid for this checkpoint.")
    time = note.cosignature_time(one.payload)
    if not 0 < time <= MOST_TIME:
        raise Mismatch(f"The cosignature by {one.name} states a time that cannot be.")
    return Cosignature(one.name, time, one.line().rstrip("\n"))
