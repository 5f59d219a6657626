"""Sets one copy as PDF in a process of its own: reads a JSON job on standard input, writes the PDF.

Run by path, never imported by the service: the typesetter keeps what it compiled in a process-wide cache that
cannot be emptied (messense/typst-py#104), so a process sets one copy and ends. It needs `typst` and the
standard library alone, gets no secret and no database, and its memory is limited here.

Job: `{"template": path, "fonts": folder, "data": {...}, "attachment": {"name", "text"}, "timestamp": int,
"standards": [...], "memory": bytes}`. Answer: the PDF on standard output, exit 0; else a sentence on
standard error, exit 1.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
import unicodedata
from bisect import bisect_right
from pathlib import Path
from typing import Any

import typst

KEPT_MARKS = {0x0A, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2068, 0x2069, *range(0xFE00, 0xFE10)}
"""Line break, joiners, direction marks and variation selectors: they shape text and leave no mark of their own."""
NEVER = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
"""Unicode categories printed as their code point: nobody should miss or be misled by what leaves no mark."""
BREAK_AFTER = 24
"""A run this long without a place to break gets zero-width ones, else it runs off the page (tried)."""


def coverage(folder: Path) -> list[tuple[int, int]]:
    """The code points (first, last) that some regular font of the folder can draw, sorted and merged."""
    spans = sorted(
        span for path in sorted(folder.glob("*Regular.*")) for span in character_map(path.read_bytes())
    )
    merged: list[tuple[int, int]] = []
    for first, last in spans:
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def character_map(font: bytes) -> list[tuple[int, int]]:
    """Spans of code points in a font's `cmap` table, formats 12 and 4 (OpenType specification, cmap)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    records = [struct.unpack_from(">4sLLL", font, 12 + 16 * i) for i in range(tables)]
    start = next(offset for tag, _sum, offset, _length in records if tag == b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    spans: list[tuple[int, int]] = []
    for i in range(count):
        _platform, _encoding, offset = struct.unpack_from(">HHL", font, start + 4 + 8 * i)
        (form,) = struct.unpack_from(">H", font, start + offset)
        if form == 12:
            spans += _format_12(font, start + offset)
        elif form == 4:
            spans += _format_4(font, start + offset)
    return spans


def _format_12(font: bytes, at: int) -> list[tuple[int, int]]:
    (groups,) = struct.unpack_from(">L", font, at + 12)
    return [
        (first, last)
        for first, last, _glyph in struct.iter_unpack(">LLL", font[at + 16 : at + 16 + 12 * groups])
    ]


def _format_4(font: bytes, at: int) -> list[tuple[int, int]]:
    """Segments less the code points that a segment maps to the empty box (glyph 0)."""
    (doubled,) = struct.unpack_from(">H", font, at + 6)
    spans = []
    for i in range(0, doubled, 2):
        (last,) = struct.unpack_from(">H", font, at + 14 + i)
        (first,) = struct.unpack_from(">H", font, at + 16 + doubled + i)
        (delta,) = struct.unpack_from(">H", font, at + 16 + 2 * doubled + i)
        here = at + 16 + 3 * doubled + i
        (jump,) = struct.unpack_from(">H", font, here)
        if jump == 0:
            spans += [(first, last)] if first != 0xFFFF else []
            continue
        for code in range(first, min(last, 0xFFFE) + 1):
            (glyph,) = struct.unpack_from(">H", font, here + jump + 2 * (code - first))
            if glyph and (glyph + delta) % 65536:
                spans.append((code, code))
    return spans


class Printable:
    """Turns any text into text that the fonts of the folder can draw, saying what it had to spell out."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._starts = [first for first, _ in spans]
        self._ends = [last for _, last in spans]
        self.spelled: set[str] = set()

    def text(self, value: str) -> str:
        """The same text; what no font has, and what nobody could see, is printed as ⟨U+XXXX⟩."""
        plain = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
        return _breakable("".join(self._one(c) for c in plain))

    def _one(self, character: str) -> str:
        code = ord(character)
        if code in KEPT_MARKS:
            return character
        index = bisect_right(self._starts, code) - 1
        drawn = index >= 0 and code <= self._ends[index]
        if drawn and unicodedata.category(character) not in NEVER:
            return character
        self.spelled.add(character)
        return f"⟨U+{code:04X}⟩"

    def walk(self, value: Any) -> Any:
        """Every string inside a JSON value made printable; keys are ours and stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.walk(item) for item in value]
        if isinstance(value, dict):
            return {key: self.walk(item) for key, item in value.items()}
        return value


def _breakable(text: str) -> str:
    """The text with a zero-width space in every run of letters and digits longer than BREAK_AFTER."""
    out, run = [], 0
    for character in text:
        run = 0 if character in " \n\u200b" or unicodedata.category(character) == "Lo" else run + 1
        out.append(character)
        if run == BREAK_AFTER:
            out.append("\u200b")
            run = 0
    return "".join(out)


def compile_copy(job: dict[str, Any]) -> bytes:
    """The PDF of a job. Raises typst.TypstError when the template or a standard is not met."""
    folder = Path(job["fonts"])
    printable = Printable(coverage(folder))
    data = printable.walk(job["data"])
    data["spelled"] = len(printable.spelled)
    files = {
        "main.typ": Path(job["template"]).read_bytes(),
        "data.json": json.dumps(data).encode(),
        job["attachment"]["name"]: job["attachment"]["text"].encode("utf-8", "backslashreplace"),
    }
    # The stub does not know that a mapping of files is taken.
    return bytes(
        typst.compile(  # type: ignore[call-overload]
            files,
            font_paths=[str(folder)],
            ignore_system_fonts=True,
            package_path="/nonexistent",
            package_cache_path="/nonexistent",
            pdf_standards=job["standards"],
            timestamp=job["timestamp"],
        )
    )


def main() -> int:
    """One job from standard input to standard output."""
    job = json.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
    try:
        pdf = compile_copy(job)
    except (typst.TypstError, MemoryError) as failure:
        sys.stderr.write(f"{type(failure).__name__}: {failure}\n")
        return 1
    sys.stdout.buffer.write(pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
