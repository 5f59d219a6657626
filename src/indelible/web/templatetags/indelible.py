"""Template words: an inlined icon, an unambiguous time, a day, a person's initials."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from indelible.kernel.access import queries as access
from indelible.web.times import day_words, instant, offset_words, zoned

register = template.Library()
ICONS = Path(__file__).parent.parent / "static" / "vendor" / "icons"


@lru_cache(maxsize=128)
def _drawing(name: str) -> str:
    svg = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    return svg[svg.index(">") + 1 : svg.rindex("</svg>")]


@register.simple_tag
def icon(name: str) -> SafeString:
    """A Tabler outline icon inlined, hidden from screen readers: words stand beside it.

    FileNotFoundError where the front-end files were not copied (`make` does it): no silent gaps.
    """
    head = (
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" '
        'stroke-linejoin="round" aria-hidden="true" focusable="false">'
    )
    return mark_safe(f"{head}{_drawing(name)}</svg>")  # noqa: S308  (our own files, never a person's text)


@register.simple_tag(takes_context=True)
def moment(context: template.Context, value: datetime | str | None) -> str:
    """An instant in the reader's zone with its offset, and in UTC beneath (URS-TIM-04)."""
    if not value:
        return "—"
    at = instant(value)
    local, utc = zoned(at, str(context.get("zone", "UTC"))), zoned(at, "UTC")
    shown = format_html(
        '<time datetime="{}">{} {}',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{local:%Y-%m-%d %H:%M:%S}",
        offset_words(local),
    )
    if local.utcoffset() == utc.utcoffset():
        return shown + mark_safe("</time>")
    form = "%H:%M:%S" if local.date() == utc.date() else "%Y-%m-%d %H:%M:%S"
    return shown + format_html("<small> {} UTC</small></time>", utc.strftime(form))


@register.simple_tag(takes_context=True)
def who(context: template.Context, user_id: str) -> str:
    """The printed name of an id, of a person or a program: an id is not a name (URS-MAN-02). Asked once for each on a page."""
    known: dict[str, str] = context.dicts[0].setdefault("names known", {})
    if user_id not in known:
        known[user_id] = access.names_of([user_id]).get(user_id, user_id)
    return known[user_id]


@register.filter
def day(value: date | str | None) -> str:
    """A calendar day with its month named: 22 Nov 2026; a dash for none."""
    if not value:
        return "—"
    return day_words(date.fromisoformat(value[:10]) if isinstance(value, str) else value)


@register.filter
def initials(name: str) -> str:
    """The first letters of the first and last word of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


@register.filter
def short_digest(value: str) -> str:
    """A digest shortened for the eye; the whole stands in its title."""
    return f"{value[:8]}…{value[-6:]}" if len(value) > 16 else value
