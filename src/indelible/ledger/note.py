"""Signed notes (C2SP signed-note v1.0.0) with Ed25519 keys, and Ed25519 cosignatures (C2SP tlog-cosignature v1.0.1).

<text>\\n
\\n
— <key name> base64(key id[4] ‖ signature)\\n
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from indelible.ledger.faults import Malformed, Mismatch

ED25519 = 0x01
COSIGNATURE = 0x04
_DASH = "— "
_MOST_BYTES = 1_000_000
_MOST_SIGNATURES = 100


@dataclass(frozen=True)
class Signature:
    """One signature line: key name, 4-byte key id, and the bytes after it (64 for Ed25519, 72 for a cosignature)."""

    name: str
    key_id: bytes
    payload: bytes

    def line(self) -> str:
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.payload).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A text (ending in a newline) and its signatures, not yet checked."""

    text: str
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        return (self.text + "\n" + "".join(one.line() for one in self.signatures)).encode()


@dataclass(frozen=True)
class Verifier:
    """A public key with its name and use: `ED25519` (over the note text) or `COSIGNATURE` (over text and time)."""

    name: str
    public: bytes
    type: int = ED25519

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.type not in (ED25519, COSIGNATURE) or len(self.public) != 32:
            raise Malformed(f"The key {self.name} is of a kind this program does not know.")

    @property
    def key_id(self) -> bytes:
        """First 4 bytes of SHA-256(name ‖ newline ‖ type ‖ public key)."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:4]

    def vkey(self) -> str:
        """The key as one printable line: name+hex key id+base64(type ‖ public key)."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(bytes([self.type]) + self.public).decode()}"

    def verify(self, text: str, payload: bytes) -> bool:
        """Whether `payload` is this key's valid signature of the note text."""
        message, signature = text.encode(), payload
        if self.type == COSIGNATURE:
            if len(payload) != 72:
                return False
            message, signature = _cosigned(cosignature_time(payload), text), payload[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A private Ed25519 key with its name; signs notes (type 0x01) or cosigns checkpoints (type 0x04)."""

    name: str
    key: Ed25519PrivateKey
    type: int = ED25519

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.key.public_key().public_bytes_raw(), self.type)

    def sign(self, text: str, time: int | None = None) -> Signature:
        """Signs a note text; `time` (seconds since 1970 UTC) is needed by a cosignature and by nothing else."""
        if (self.type == COSIGNATURE) != (time is not None):
            raise ValueError("a cosignature needs a time, a plain signature has none")
        if time is None:
            return Signature(self.name, self.verifier.key_id, self.key.sign(text.encode()))
        signature = self.key.sign(_cosigned(time, text))
        return Signature(self.name, self.verifier.key_id, time.to_bytes(8, "big") + signature)


@dataclass(frozen=True)
class Opened:
    """A note some known key signed: its text, the signatures that verified, and those by keys unknown to the reader."""

    text: str
    verified: tuple[Signature, ...]
    unverified: tuple[Signature, ...]


def sign(text: str, signers: Iterable[Signer]) -> Note:
    """The text signed by each signer (type 0x01); raises Malformed if the text is not a valid note text."""
    check_text(text)
    return Note(text, tuple(one.sign(text) for one in signers))


def parse(data: bytes) -> Note:
    """Reads a note without checking signatures; raises Malformed unless it is canonical to the byte."""
    text, lines = _parts(data)
    check_text(text)
    note = Note(text, tuple(_signature(line) for line in lines))
    if note.to_bytes() != data:
        raise Malformed("The signed note is not in its one canonical form.")
    return note


def open_note(data: bytes, verifiers: Sequence[Verifier]) -> Opened:
    """Checks a note against known keys.

    Unknown keys are ignored. Raises Malformed for bad form, Mismatch when a known key's signature is wrong or when
    no known key has signed.
    """
    note = parse(data)
    known = {(one.name, one.key_id): one for one in verifiers}
    verified: list[Signature] = []
    unverified: list[Signature] = []
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            unverified.append(signature)
        elif verifier.verify(note.text, signature.payload):
            verified.append(signature)
        else:
            raise Mismatch(f"The signature by {signature.name} is not valid for this text.")
    if not verified:
        raise Mismatch("No key known to this reader has signed the note.")
    return Opened(note.text, tuple(verified), tuple(unverified))


def parse_vkey(line: str) -> Verifier:
    """Reads `name+hex+base64`; raises Malformed if it is not one or if its key id does not belong to it."""
    parts = line.split("+", 2)
    if len(parts) != 3:
        raise Malformed("A verifier key has three parts joined by a plus sign.")
    name, key_id, encoded = parts
    raw = strict_base64(encoded)
    verifier = Verifier(name, raw[1:], raw[0] if raw else 0)
    if verifier.vkey() != line:
        raise Malformed(f"The key id {key_id} does not belong to the key {name}.")
    return verifier


def cosignature_time(payload: bytes) -> int:
    """Seconds since 1970 UTC at which a cosignature says it was made; raises Malformed if it is not one."""
    if len(payload) < 8:
        raise Malformed("A cosignature is shorter than its time stamp.")
    return int.from_bytes(payload[:8], "big")


def strict_base64(text: str) -> bytes:
    """Decodes RFC 4648 section 4 base64, padded; raises Malformed unless the text is the one canonical spelling."""
    try:
        raw = b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise Malformed("A base64 value is not base64.") from error
    if b64encode(raw).decode() != text:
        raise Malformed("A base64 value is not in its one canonical spelling.")
    return raw


def check_name(name: str) -> None:
    """Raises Malformed unless `name` can name a key: not empty, no white space, no plus sign."""
    if not name or "+" in name or any(char.isspace() for char in name) or not _is_plain(name):
        raise Malformed(f"{name!r} cannot be the name of a key.")


def check_text(text: str) -> None:
    """Raises Malformed unless `text` can be signed: ends in a newline, no other control characters, valid UTF-8."""
    if not text.endswith("\n") or not _is_plain(text):
        raise Malformed(
            "The text of a signed note must end in a newline and hold no other control characters."
        )


def _is_plain(text: str) -> bool:
    return not any((char < " " and char != "\n") or "\ud800" <= char <= "\udfff" for char in text)


def _parts(data: bytes) -> tuple[str, list[str]]:
    if len(data) > _MOST_BYTES:
        raise Malformed("The signed note is larger than any real one.")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise Malformed("The signed note is not UTF-8.") from error
    end = whole.rfind("\n\n")
    if end < 0 or not whole.endswith("\n"):
        raise Malformed("The signed note has no signature block.")
    lines = whole[end + 2 : -1].split("\n")
    if not 1 <= len(lines) <= _MOST_SIGNATURES:
        raise Malformed("The signed note has more signatures than any real one.")
    return whole[: end + 1], lines


def _signature(line: str) -> Signature:
    parts = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(parts) != 2:
        raise Malformed("A signature line is not of the form: dash, key name, base64.")
    check_name(parts[0])
    raw = strict_base64(parts[1])
    if len(raw) < 5:
        raise Malformed(f"The signature by {parts[0]} is too short.")
    return Signature(parts[0], raw[:4], raw[4:])


def _cosigned(time: int, text: str) -> bytes:
    """What an Ed25519 cosignature signs: header, time, the note text (C2SP tlog-cosignature)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()
