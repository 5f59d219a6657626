"""What the law wants done again and again, and nobody did in time: noticed once for each day it was due (21 CFR 11.300(b))."""

from __future__ import annotations

from collections.abc import Iterator

from indelible.kernel.notices.models import Notice
from indelible.kernel.notices.types import Noticed
from indelible.kernel.signatures import access_reviews, issuances


def late() -> Iterator[Noticed]:
    """The check of credentials and the review of rights, where they are overdue and nobody was told of it yet."""
    for one in _overdue():
        if not Notice.objects.filter(kind=one.kind, mark=one.mark).exists():
            yield one


def _overdue() -> Iterator[Noticed]:
    check, review = issuances.due(), access_reviews.due()
    if check.overdue and check.before:
        told = f"The check of all codes and passwords is overdue since {check.before:%Y-%m-%d} (21 CFR 11.300(b))."
        yield Noticed("check_overdue", f"{check.before:%Y-%m-%d}", 0, told)
    if review.overdue and review.before:
        told = f"{review.overdue} rights were not reviewed in time; the first was due on {review.before:%Y-%m-%d}."
        yield Noticed("review_overdue", f"{review.before:%Y-%m-%d}", 0, told)
