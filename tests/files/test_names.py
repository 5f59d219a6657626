"""A file's name and media type are hostile until proven harmless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.kernel.files.types import NAME_MAXIMUM, clean_name, headers, media_type


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\report.pdf", "report.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u200b\ufeff\x00\r\nb.pdf", "ab.pdf"),
        ("  .hidden", "hidden"),
        ("trailing. . .", "trailing"),
        ("a\u2003\u00a0b.txt", "a b.txt"),
        ('x"><script>.png', "x___script_.png"),
        ("con.txt", "_con.txt"),
        ("COM1", "_COM1"),
        ("", "unnamed file"),
        ("\u202e\u200b", "unnamed file"),
        ("..", "unnamed file"),
        ("Übersicht 試験 نتيجة.pdf", "Übersicht 試験 نتيجة.pdf"),
        ("x" * 300 + ".pdf", "x" * (NAME_MAXIMUM - 4) + ".pdf"),
        ("x" * 300, "x" * NAME_MAXIMUM),
    ],
)
def test_names_lose_paths_controls_and_direction_tricks(typed: str, shown: str) -> None:
    assert clean_name(typed) == shown


@given(st.text(st.characters(codec="utf-16", max_codepoint=0x3000), max_size=40))
def test_a_clean_name_stays_as_it_is_and_makes_one_header(typed: str) -> None:
    shown = clean_name(typed)
    assert clean_name(shown) == shown and 0 < len(shown) <= NAME_MAXIMUM and "/" not in shown
    disposition = headers(typed, "image/png")["Content-Disposition"]
    assert "\r" not in disposition and "\n" not in disposition and disposition.isascii()


@pytest.mark.parametrize(
    ("head", "media"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVE", "application/octet-stream"),
        (b"<html><script>", "application/octet-stream"),
        (b"<svg onload=alert(1)>", "application/octet-stream"),
        (b"PK\x03\x04", "application/octet-stream"),
    ],
)
def test_the_first_bytes_decide_and_a_program_is_octets(head: bytes, media: str) -> None:
    assert media_type(head) == media


def test_only_the_short_list_is_shown_in_place() -> None:
    assert headers("a.pdf", "application/pdf")["Content-Disposition"].startswith("inline")
    assert headers("a.pdf", "application/pdf", inline=False)["Content-Disposition"].startswith("attachment")
    for media in ("text/html", "image/svg+xml", "application/octet-stream"):
        sent = headers("a.html", media)
        assert sent["Content-Type"] == "application/octet-stream"
        assert sent["Content-Disposition"] == 'attachment; filename="a.html"'
        assert sent["X-Content-Type-Options"] == "nosniff"
