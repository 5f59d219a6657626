"""The ledger's public formats: signed notes, checkpoints, cosignatures, tiles, proofs (C2SP) and the tree (RFC 6962)."""

import base64
import binascii
import re
from hashlib import sha256

from verify.ed25519 import is_signed
from verify.faults import Fault

NOTE, COSIGNATURE = 1, 4
DASH = "\u2014 "
WIDTH = 256
MOST_LEAVES = 50_000_000


def unbase64(text, what):
    """The bytes of one canonical base64 value."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raw = None
    if raw is None or base64.b64encode(raw).decode() != text:
        raise Fault("%s is not base64 in its one canonical form." % what)
    return raw


class Key:
    """A public key from its line `name+hex id+base64(type, key)`."""

    def __init__(self, line):
        parts = line.split("+", 2)
        raw = unbase64(parts[-1], "A key")
        self.line, self.name, self.type, self.public = line, parts[0], raw[0] if raw else 0, raw[1:]
        self.id = sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if (
            len(parts) != 3
            or parts[1] != self.id.hex()
            or len(raw) != 33
            or self.type not in (NOTE, COSIGNATURE)
        ):
            raise Fault(
                "A key is not one that this program knows, or its number is not its own: %s." % line[:80]
            )

    def is_of_same_log(self, origin):
        """Whether this is the name of an epoch of the log whose key this is: the same first two parts."""
        first = "/".join(self.name.split("/")[:2])
        return origin == first or origin.startswith(first + "/")

    def renamed(self, name):
        """The same key under the name of another epoch."""
        raw = bytes([self.type]) + self.public
        number = sha256(name.encode() + b"\n" + raw).hexdigest()[:8]
        return Key("%s+%s+%s" % (name, number, base64.b64encode(raw).decode()))

    def has_signed(self, text, payload):
        """Whether the payload of a signature line is this key's, over this text."""
        if self.type == NOTE:
            return is_signed(self.public, text.encode(), payload)
        time = int.from_bytes(payload[:8], "big")
        return is_signed(self.public, ("cosignature/v1\ntime %d\n%s" % (time, text)).encode(), payload[8:])


class Note:
    """A signed note: its text and its signature lines (name, key id, payload), read to the byte."""

    def __init__(self, whole, what):
        self.what = what
        text, mark, rest = whole.rpartition("\n\n")
        self.text = text + "\n"
        if not mark or not rest.endswith("\n"):
            raise Fault("%s is not a signed note." % what)
        if any(char < " " and char != "\n" for char in whole):
            raise Fault("%s holds characters that no signed note has." % what)
        lines = rest[:-1].split("\n")
        if not 1 <= len(lines) <= 100:
            raise Fault("%s has more signatures than any real one." % what)
        self.lines = [self._line(line) for line in lines]

    def _line(self, line):
        parts = line[len(DASH) :].split(" ")
        if not line.startswith(DASH) or len(parts) != 2:
            raise Fault("%s has a signature line that is none." % self.what)
        raw = unbase64(parts[1], "A signature in %s" % self.what)
        return parts[0], raw[:4], raw[4:]

    def signers(self, keys):
        """[(key, payload)] of the known keys that signed; Fault where a known key's signature is wrong."""
        known = {(key.name, key.id): key for key in keys}
        found = []
        for name, number, payload in self.lines:
            key = known.get((name, number))
            if key is None:
                continue
            if not key.has_signed(self.text, payload):
                raise Fault("The signature by %s on %s is not valid." % (name, self.what))
            found.append((key, payload))
        return found


def checkpoint(note):
    """(origin, size, root) of a checkpoint's text; Fault unless it is canonical."""
    lines = note.text.split("\n")
    if len(lines) != 4 or not re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]):
        raise Fault("%s is not a checkpoint of three lines." % note.what)
    root = unbase64(lines[2], "The root in %s" % note.what)
    if len(root) != 32:
        raise Fault("The root in %s is not 32 bytes long." % note.what)
    return lines[0], int(lines[1]), root


def policy(text):
    """({name: Key of a witness}, {group: (needed, members)}, quorum's name or "none", Key of the log) of a tlog-policy."""
    log, witnesses, groups, quorum = None, {}, {}, None
    for line in text.split("\n"):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "log" and len(words) in (2, 3) and log is None:
            log = Key(words[1])
        elif words[0] == "witness" and len(words) in (3, 4) and words[1] not in witnesses:
            witnesses[words[1]] = Key(words[2])
        elif words[0] == "group" and len(words) > 3 and words[1] not in groups:
            known = all(one in witnesses or one in groups for one in words[3:])
            needed = {"any": 1, "all": len(words) - 3}.get(words[2]) or (
                int(words[2]) if re.fullmatch("[1-9][0-9]{0,3}", words[2]) else 0
            )
            if not known or not needed or needed > len(words) - 3:
                raise Fault("The policy has a group that cannot be: %s." % line[:80])
            groups[words[1]] = (needed, words[3:])
        elif words[0] == "quorum" and len(words) == 2 and quorum is None:
            quorum = words[1]
        else:
            raise Fault("The policy has a line that this program does not know: %s." % line[:80])
    if log is None or quorum is None or not (quorum == "none" or quorum in witnesses or quorum in groups):
        raise Fault("The policy names no log or no quorum.")
    return witnesses, groups, quorum, log


def is_met(name, groups, present):
    """Whether a witness or group is satisfied by the witnesses present; groups only name what stands above them."""
    done = {}
    for group, (needed, members) in groups.items():
        done[group] = sum(bool(done.get(one, one in present)) for one in members) >= needed
    return name == "none" or bool(done.get(name, name in present))


# ----------------------------------------------------------------- the tree


def leaf_hash(entry):
    return sha256(b"\x00" + entry).digest()


def node(left, right):
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes):
    """The RFC 6962 root over leaf hashes in one string: each level is the pairs of the one below, an odd last one rises."""
    while len(hashes) > 32:
        even = len(hashes) // 64 * 64
        pairs = [sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, even, 64)]
        hashes = b"".join(pairs) + hashes[even:]
    return hashes or sha256(b"").digest()


def tile_name(level, number, width):
    """The path of a tile below `ledger/` (C2SP tlog-tiles)."""
    digits = "%03d" % number
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join(["x" + one for one in groups[:-1]] + groups[-1:])
    return "ledger/tile/%s/%s%s" % (level, name, "" if width == WIDTH else ".p/%d" % width)


def tiles(level, items):
    """(path, first item, width) of every tile of a level with so many items."""
    for first in range(0, items, WIDTH):
        width = min(WIDTH, items - first)
        yield tile_name(level, first // WIDTH, width), first, width


def read_leaves(box, size):
    """All leaf hashes as one string of bytes, from the lowest tiles; the tiles above must follow from them."""
    if size > MOST_LEAVES:
        raise Fault("The ledger is larger than this program reads (%d entries)." % MOST_LEAVES)
    below, level, names = _level(box, 0, size), 0, {path for path, _, _ in tiles(0, size)}
    leaves = below
    while len(below) >= 32 * WIDTH:
        full = len(below) // (32 * WIDTH)
        above = b"".join(root_of(below[n * 32 * WIDTH : (n + 1) * 32 * WIDTH]) for n in range(full))
        level += 1
        if _level(box, level, full) != above:
            raise Fault("A tile of level %d of the ledger does not follow from the tiles below it." % level)
        names |= {path for path, _, _ in tiles(level, full)}
        below = above
    return leaves, names


def _level(box, level, items):
    parts = []
    for path, _, width in tiles(level, items):
        data = box.read(path, 32 * WIDTH)
        if len(data) != 32 * width:
            raise Fault("%s does not hold %d hashes." % (path, width))
        parts.append(data)
    return b"".join(parts)


def entries_of_tile(data, width, path):
    """The entries of an entries tile, each after its length in two bytes."""
    found, at = [], 0
    while at < len(data) and len(found) <= width:
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise Fault("%s ends in the middle of an entry." % path)
        found.append(data[at + 2 : end])
        at = end
    if len(found) != width:
        raise Fault("%s does not hold %d entries." % (path, width))
    return found


def check_inclusion(leaf, index, size, path, root, what):
    """Fault unless the proof leads from the leaf to the root (RFC 9162 section 2.1.3.2)."""
    inner = (index ^ (size - 1)).bit_length()
    border = bin(index >> inner).count("1")
    if not 0 <= index < size or len(path) != inner + border:
        raise Fault("%s has the wrong length for entry %d of %d." % (what, index, size))
    for level, other in enumerate(path):
        leaf = node(other, leaf) if level >= inner or index >> level & 1 else node(leaf, other)
    if leaf != root:
        raise Fault("%s does not lead to the root of the checkpoint." % what)


def proof_file(text, what):
    """(index, hashes, checkpoint text) of a .tlog-proof file."""
    head, mark, rest = text.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not mark:
        raise Fault("%s is not a tlog-proof file." % what)
    lines = lines[2:] if len(lines) > 1 and lines[1].startswith("extra ") else lines[1:]
    if not lines or not re.fullmatch("index (0|[1-9][0-9]{0,18})", lines[0]) or len(lines) > 65:
        raise Fault("%s does not say which entry it proves." % what)
    hashes = [unbase64(line, "A hash in %s" % what) for line in lines[1:]]
    if any(len(one) != 32 for one in hashes):
        raise Fault("A hash in %s is not 32 bytes long." % what)
    return int(lines[0][6:]), hashes, rest
