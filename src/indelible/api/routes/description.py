"""The description itself: needs sign-in like everything it describes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from indelible.api import description
from indelible.api.service import api, told


@api.get(
    "/openapi.json",
    summary="This description",
    **told(authority="signed in", answers={200: dict[str, object]}),
)
def openapi(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1, the same text as the file in git."""
    return HttpResponse(description.text(), content_type="application/json")
