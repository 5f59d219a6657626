"""Reads a bundle, zipped or unpacked, as something a stranger made: bounded, no links, no path out of it."""

import json
import os
import stat
import struct
import zipfile
import zlib
from hashlib import sha256

from verify.faults import Fault

PIECE = 1 << 20
MOST_FILES = 200_000
MOST_DIRECTORY = 64 << 20
MOST_NOTE = 1 << 20
MOST_WHOLE = 256 << 20
"""Bytes of a file that is read into memory as a whole; attachments and PDFs are read piece by piece."""
FORBIDDEN = set('\\:*?"<>|')


def check_name(name):
    """Fault unless a name stays inside the bundle and means the same on every system."""
    parts = name.split("/")
    plain = all(char >= " " and char not in FORBIDDEN for char in name) and len(name) <= 400
    if not plain or any(part in ("", ".", "..") or part.endswith((" ", ".")) for part in parts):
        raise Fault(
            "The bundle holds a file whose name leads elsewhere or means something else: %r." % name[:80]
        )


class Container:
    """The files of a bundle by name: `sizes` {name: bytes}; `read` whole and bounded, `digest` piece by piece."""

    def __init__(self, path):
        self.path, self.zip = path, None
        self.sizes = {}
        found = self._folder() if os.path.isdir(path) else self._zipped()
        seen = set()
        for name, size in found:
            check_name(name)
            if name.casefold() in seen:
                raise Fault("The file name %s stands twice in the bundle." % name)
            if len(seen) >= MOST_FILES:
                raise Fault("The bundle holds more than %d files." % MOST_FILES)
            seen.add(name.casefold())
            self.sizes[name] = size

    def _folder(self):
        for here, folders, files in os.walk(self.path):
            for name in folders + files:
                whole = os.path.join(here, name)
                mode = os.lstat(whole).st_mode
                told = os.path.relpath(whole, self.path).replace(os.sep, "/")
                if stat.S_ISREG(mode):
                    yield told, os.lstat(whole).st_size
                elif not stat.S_ISDIR(mode):
                    raise Fault("%s is a link or a device, not a file." % told)

    def _zipped(self):
        try:
            _check_directory(self.path)
            self.zip = zipfile.ZipFile(self.path)
        except (OSError, zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
            raise Fault("This is not a bundle that can be opened: %s." % error) from None
        for info in self.zip.infolist():
            if info.is_dir():
                raise Fault("The bundle holds a folder as an entry of its own: %r." % info.filename[:80])
            if stat.S_ISLNK(info.external_attr >> 16):
                raise Fault("%s is a link, not a file." % info.filename[:80])
            if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Fault("%s is encrypted or packed in an unknown way." % info.filename[:80])
            yield info.orig_filename, info.file_size

    def _pieces(self, name):
        if name not in self.sizes:
            raise Fault("%s is missing." % name)
        left = self.sizes[name]
        try:
            source = (
                self.zip.open(name) if self.zip else open(os.path.join(self.path, *name.split("/")), "rb")
            )
            with source:
                while True:
                    piece = source.read(PIECE)
                    left -= len(piece)
                    if left < 0:
                        raise Fault("%s is longer than it says." % name)
                    if not piece:
                        break
                    yield piece
        except (
            OSError,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            KeyError,
            ValueError,
            RuntimeError,
        ) as error:
            raise Fault("%s cannot be read: %s." % (name, error)) from None
        if left:
            raise Fault("%s is shorter than it says." % name)

    def digest(self, name):
        """SHA-256 of a file in hex; never more than one piece of it in memory."""
        made = sha256()
        for piece in self._pieces(name):
            made.update(piece)
        return made.hexdigest()

    def read(self, name, most=MOST_WHOLE):
        """The bytes of a file; Fault where it is missing or larger than `most`."""
        if self.sizes.get(name, 0) > most:
            raise Fault("%s is larger than any real one." % name)
        return b"".join(self._pieces(name))

    def text(self, name, most=MOST_WHOLE):
        """The file as UTF-8 text."""
        try:
            return self.read(name, most).decode("utf-8")
        except UnicodeDecodeError:
            raise Fault("%s is not UTF-8 text." % name) from None

    def json(self, name, shape, most=MOST_WHOLE):
        """The JSON value in a file, which must be of this type."""
        return parsed(self.read(name, most), name, shape)


def parsed(data, name, shape=dict):
    """A JSON value from bytes; Fault for doubled keys, endless numbers, endless nesting, another type."""
    try:
        found = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_int=_whole,
            parse_float=str,
            parse_constant=_none,
        )
    except (ValueError, RecursionError, MemoryError):
        raise Fault("%s is not JSON that this program can read." % name) from None
    if not isinstance(found, shape):
        raise Fault("%s does not hold what it must." % name)
    return found


def _unique(pairs):
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made


def _whole(digits):
    if len(digits) > 20:
        raise ValueError("a number too long")
    return int(digits)


def _none(name):
    raise ValueError(name)


def _check_directory(path):
    """Refuses a zip whose list of files alone would fill the memory, before anything reads it."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        start = max(0, size - 65_600)
        file.seek(start)
        tail = file.read(65_600)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or end + 22 > len(tail):
        raise zipfile.BadZipFile("it is no zip file, or is cut off")
    listed = struct.unpack_from("<I", tail, end + 12)[0]
    if end >= 76 and tail[end - 20 : end - 16] == b"PK\x06\x07":
        listed = struct.unpack_from("<Q", tail, end - 76 + 40)[0]
    if listed > MOST_DIRECTORY:
        raise zipfile.BadZipFile("its list of files is larger than any real one")
