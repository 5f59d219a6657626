"""The golden files of the formats that must never change, read by our parser and by a second one (URS-AUD-12)."""

import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from indelible.kernel.signatures import manifest
from indelible.ledger import entry
from indelible.ledger.faults import Malformed

HERE = Path(__file__).parent
ENTRIES = (HERE / "entry-v1.jsonl").read_bytes().splitlines()
MANIFESTS = (HERE / "manifest-v1.jsonl").read_bytes().splitlines()
MANIFESTS_REFUSED = (HERE / "manifest-v1-refused.jsonl").read_bytes().splitlines()
REFUSED = (HERE / "entry-v1-refused.jsonl").read_bytes().splitlines()


def second_reader() -> ModuleType:
    spec = importlib.util.spec_from_file_location("second_reader", HERE / "second_reader.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.urs("URS-AUD-12")
@pytest.mark.parametrize("line", ENTRIES)
def test_both_readers_read_the_same_entry(line: bytes) -> None:
    ours, theirs = entry.parse(line), second_reader().read_entry(line)
    for key in entry.KEYS:
        mine, other = getattr(ours, key), theirs.get(key)
        assert str(mine) == str(other) or (not mine and other is None), key


@pytest.mark.parametrize("line", REFUSED)
def test_both_readers_refuse_the_same(line: bytes) -> None:
    with pytest.raises(Malformed):
        entry.parse(line)
    with pytest.raises(ValueError):
        second_reader().read_entry(line)


@pytest.mark.urs("URS-LNK-01")
@pytest.mark.parametrize("line", MANIFESTS)
def test_both_readers_read_the_same_manifest(line: bytes) -> None:
    assert manifest.read(line) == second_reader().read_manifest(line)


@pytest.mark.parametrize("line", MANIFESTS_REFUSED)
def test_both_readers_refuse_the_same_manifests(line: bytes) -> None:
    for read in (manifest.read, second_reader().read_manifest):
        with pytest.raises(ValueError):
            read(line)


@pytest.mark.parametrize(("name", "lines"), [("entry-v1", ENTRIES), ("manifest-v1", MANIFESTS)])
def test_the_golden_files_never_change(name: str, lines: list[bytes]) -> None:
    """If this fails, a format that left the house was changed: that needs a version 2, not a new digest here."""
    digest = hashlib.sha256(b"\n".join(lines)).hexdigest()
    assert digest == (HERE / f"{name}.sha256").read_text().strip()
