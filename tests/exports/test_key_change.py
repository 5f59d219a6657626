"""A bundle made after a change of keys: old acts still hold, and nobody gets a key of his own in by calling ours a former one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indelible.kernel.identity import actions
from tests import people
from tests.exports.bundles import checked, made, signed_capa
from tests.exports.test_bundle import read, rebuilt
from tests.identity.test_keys import WHY, Keyed, keyed
from tests.people import ANA, SAM

assert keyed  # a fixture of the tests of keys
pytestmark = [pytest.mark.urs("URS-OPN-04", "URS-CPY-03")]


@pytest.mark.parametrize("query", [False, True], ids=["slice", "whole log"])
def test_what_was_signed_before_a_change_of_both_keys_holds_after_it(
    keyed: Keyed, tmp_path: Path, query: bool
) -> None:
    number = signed_capa(people.signed_in(ANA))
    sam = people.signed_in(SAM)
    taker = people.inspector_everywhere() if query else ANA
    for use in ("service", "sealer", "service"):
        actions.rotate_key(sam, use, reason=WHY)
        keyed.seal()
        _holds(keyed, number, tmp_path / f"{use}.zip", taker, whole=query)
    actions.retire_key(sam, reason=WHY)
    keyed.seal()
    path = _holds(keyed, number, tmp_path / "after.zip", taker, whole=query)
    told = json.loads(read(path, "keys.json"))
    assert len(told["former"]["service"]) == 2 and len(told["former"]["sealer"]) == 1


def test_a_key_of_ones_own_is_not_led_to_by_calling_ours_a_former_one(keyed: Keyed, tmp_path: Path) -> None:
    number = signed_capa(people.signed_in(ANA))
    actions.rotate_key(people.signed_in(SAM), "service", reason=WHY)
    keyed.seal()
    path = _holds(keyed, number, tmp_path / "a.zip", ANA, whole=False)
    forged = rebuilt(path, tmp_path / "b.zip", {"records.csv": b"x"}, own_key=True)
    code, words = checked(forged)
    assert code == 1 and "not attested by the key that sealed" in words


def _holds(keyed: Keyed, number: str, path: Path, taker: people.TestPerson, *, whole: bool) -> Path:
    actor = people.signed_in(taker)
    keyed.seal()
    made(actor, path, numbers=[number], whole=whole)
    code, words = checked(path)
    assert code == 0, words
    return path
