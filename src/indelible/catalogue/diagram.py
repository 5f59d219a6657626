"""Draws the states of a process as plain SVG: no script, no style attribute, words for those who do not see it.

Classes are left to the page's style sheet; presentation attributes make it readable alone (CSP `style-src 'self'`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from indelible.kernel.workflow.declaration import Declaration
from indelible.kernel.workflow.fields import humanised

_BOX: Final = (190, 40)
_GAP: Final = 44
_TOP: Final = 20
_LANE: Final = 26


def draw(declaration: Declaration, *, current: str = "") -> str:
    """The SVG of the states in their order, arrows between neighbours and arcs for all other steps.

    `current` names a state to be marked. Every arrow carries the titles of its steps as `<title>`.
    """
    ways = _ways(declaration)
    lanes = {way: n for n, way in enumerate(w for w in ways if w[1] - w[0] != 1)}
    side = 30 + _LANE * (len(lanes) + 1)
    width = _BOX[0] + 2 * side
    height = 2 * _TOP + len(declaration.states) * (_BOX[1] + _GAP) - _GAP
    parts = [_arrow(way, names, lanes.get(way), side, declaration) for way, names in ways.items()]
    boxes = [_box(n, state, side, declaration, current) for n, state in enumerate(declaration.states)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="states-title states-description" class="states">'
        f'<title id="states-title">{escape(f"States of {declaration.title}")}</title>'
        f'<desc id="states-description">{escape(told(declaration))}</desc>'
        '<defs><marker id="states-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 8 4 0 8z" fill="currentColor"/></marker></defs>'
        f"{''.join(parts)}{''.join(boxes)}</svg>"
    )


def told(declaration: Declaration) -> str:
    """The diagram in words: each state and the steps out of it."""
    sentences = []
    for state in declaration.states:
        steps = [
            f"{declaration.step_title(name)} to {humanised(step.to)}"
            for name, step in declaration.steps.items()
            if state in step.from_
        ]
        sentences.append(f"{humanised(state)}: {', '.join(steps) if steps else 'final'}.")
    return " ".join(sentences)


def _ways(declaration: Declaration) -> dict[tuple[int, int], list[str]]:
    ways: dict[tuple[int, int], list[str]] = defaultdict(list)
    for name, step in declaration.steps.items():
        for state in step.from_:
            ways[(declaration.order(state), declaration.order(step.to))].append(declaration.step_title(name))
    return dict(sorted(ways.items()))


def _middle(place: int) -> float:
    return _TOP + place * (_BOX[1] + _GAP) + _BOX[1] / 2


def _box(place: int, state: str, side: int, declaration: Declaration, current: str) -> str:
    final = state in declaration.final
    kinds = " ".join(
        ["state", *(["state-final"] if final else []), *(["state-current"] if state == current else [])]
    )
    top, label = _middle(place) - _BOX[1] / 2, escape(humanised(state))
    return (
        f"<g class={quoteattr(kinds)}>"
        f'<rect x="{side}" y="{top:g}" width="{_BOX[0]}" height="{_BOX[1]}" rx="{20 if final else 6}" fill="none" '
        f'stroke="currentColor" stroke-width="{3 if state == current else 1.5}"/>'
        f'<text x="{side + _BOX[0] / 2:g}" y="{top + 25:g}" text-anchor="middle" font-size="15" '
        f'fill="currentColor">{label}</text></g>'
    )


def _arrow(
    way: tuple[int, int], names: list[str], lane: int | None, side: int, declaration: Declaration
) -> str:
    start, end = way
    told_as = escape(
        f"{humanised(declaration.states[start])} to {humanised(declaration.states[end])}: {', '.join(names)}"
    )
    if lane is None:
        x = side + _BOX[0] / 2
        path = f"M{x:g} {_middle(start) + _BOX[1] / 2:g}V{_middle(end) - _BOX[1] / 2:g}"
    else:
        path = _around(start, end, lane, side)
    kind = "way-back" if end < start else "way"
    return (
        f'<g class="{kind}"><title>{told_as}</title><path d="{path}" fill="none" stroke="currentColor" '
        f'stroke-width="1.2"{" stroke-dasharray=" + chr(34) + "4 3" + chr(34) if end < start else ""} '
        'marker-end="url(#states-tip)"/></g>'
    )


def _around(start: int, end: int, lane: int, side: int) -> str:
    """Forward jumps and loops run down the right side, ways back up the left one, each in a lane of its own."""
    left = end < start
    edge = side if left else side + _BOX[0]
    out = edge - _LANE * (lane + 1) * 0.9 if left else edge + _LANE * (lane + 1) * 0.9
    shift = 8 if start == end else 0
    return f"M{edge:g} {_middle(start) - shift:g}H{out:g}V{_middle(end) + (shift or 5):g}H{edge:g}"
