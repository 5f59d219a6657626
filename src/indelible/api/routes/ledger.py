"""The ledger for monitors and witnesses (C2SP tlog-tiles, tlog-proof): checkpoint, tiles, proofs, byte for byte."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse

from indelible.api.service import api, caller, told
from indelible.exports import ledger

_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_FOR_EVER: Final = "private, max-age=31536000, immutable"
"""A tile's bytes never change, partial or full; not for shared caches, which ask nobody who they are."""
_ANYONE: Final = "signed in; hashes and signatures, nothing of what was recorded"


@api.get(
    "/ledger/checkpoint",
    summary="The newest checkpoint of the ledger",
    **told(authority=_ANYONE, answers={200: bytes}, problems_too=(404,), media=("text/plain",)),
)
def read_checkpoint(request: HttpRequest) -> HttpResponse:
    """A signed note (C2SP tlog-checkpoint) with the cosignatures of witnesses that came for it."""
    return _answer(ledger.checkpoint(), _TEXT)


@api.get(
    "/ledger/tile/entries/{path:tile}",
    summary="Entries of the ledger",
    **told(
        authority="signed in; QA, administration, security unit and inspectors of every site",
        answers={200: bytes},
        problems_too=(404,),
        media=(_BYTES,),
    ),
)
def read_entries(request: HttpRequest, tile: str) -> HttpResponse:
    """Up to 256 entries, each after its length in two bytes; `N` or `N.p/W`. Taking them away stands in the trail."""
    return _answer(ledger.entries_tile(caller(request), f"tile/entries/{tile}"), _BYTES)


@api.get(
    "/ledger/tile/{level}/{path:tile}",
    summary="Hashes of the ledger",
    **told(authority=_ANYONE, answers={200: bytes}, problems_too=(404,), media=(_BYTES,)),
)
def read_hashes(request: HttpRequest, level: str, tile: str) -> HttpResponse:
    """Up to 256 hashes of 32 bytes; `N` or `N.p/W`."""
    return _answer(ledger.hash_tile(caller(request), f"tile/{level}/{tile}"), _BYTES, cache=_FOR_EVER)


@api.get(
    "/ledger/proof/{seq}",
    summary="Proof that an entry is in the ledger",
    **told(authority=_ANYONE, answers={200: bytes}, problems_too=(404,), media=("text/plain",)),
)
def read_proof(request: HttpRequest, seq: int) -> HttpResponse:
    """A proof file (C2SP tlog-proof) of the entry with this index, as the audit trail's `seq` names it."""
    return _answer(ledger.proof(caller(request), seq), _TEXT)


def _answer(content: bytes | None, media: str, cache: str = "") -> HttpResponse:
    """The bytes as they are; `no-store` comes from the door itself unless `cache` says otherwise."""
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type=media)
    if cache:
        response["Cache-Control"] = cache
    return response
