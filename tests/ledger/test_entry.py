"""Entry v1: what is written is read back, and everything that is not Entry v1 is refused in a sentence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.ledger import entry
from indelible.ledger.entry import Entry
from indelible.ledger.faults import Malformed

GOOD = b'{"v":1,"kind":"row","id":7,"at":"2026-11-22T16:19:00.000000Z","xid":"901","op":"U"}'
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(entry.KINDS),
    st.integers(1, 2**63 - 1),
    TEXTS,
    TEXTS,
    st.none() | st.dictionaries(TEXTS, VALUES, min_size=1, max_size=5),
)
def test_what_is_built_is_read_back(
    kind: str, number: int, reason: str, pk: str, new: dict[str, object]
) -> None:
    made = Entry(kind=kind, id=number, at="2026-11-22T16:19:00.123456Z", pk=pk, reason=reason, new=new)
    assert entry.parse(entry.build(made)) == made


def test_numbers_in_images_are_never_floats() -> None:
    read = entry.parse(GOOD[:-1] + b',"new":{"a":9.90,"b":123456789012345678901234567890}}')
    assert read.new is not None
    assert str(read.new["a"]) == "9.90"
    assert read.new["b"] == 123456789012345678901234567890


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"nul",
        GOOD[:-1],
        GOOD + b"x",
        GOOD + b"\n",
        b" " + GOOD,
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b'"v":1', b'"v":2'),
        GOOD.replace(b'"v":1', b'"v":"1"'),
        GOOD.replace(b'"v":1', b'"v":1.0'),
        GOOD.replace(b'"v":1', b'"v":true'),
        GOOD.replace(b'"v":1,', b""),
        GOOD.replace(b'"id":7,', b""),
        GOOD.replace(b'"id":7', b'"id":0'),
        GOOD.replace(b'"id":7', b'"id":9223372036854775808'),
        GOOD.replace(b'"id":7', b'"id":' + b"9" * 5000),
        GOOD.replace(b'"row"', b'"other"'),
        GOOD.replace(b'"row"', b'""'),
        GOOD.replace(b'"row"', b"null"),
        GOOD.replace(b'"U"', b'"X"'),
        GOOD.replace(b'"901"', b"901"),
        GOOD.replace(b'"901"', b'"0901"'),
        GOOD.replace(b'"901"', '"٩"'.encode()),
        GOOD.replace(b"000000Z", b"000Z"),
        GOOD.replace(b"000000Z", b"000000+00:00"),
        GOOD.replace(b"2026-11", b"2026-13"),
        GOOD.replace(b'"xid":"901"', b'"xid":"901","xid":"901"'),
        GOOD.replace(b'"xid":"901","op":"U"', b'"op":"U","xid":"901"'),
        GOOD.replace(b'"op"', b'"operation"'),
        GOOD[:-1] + b',"new":{}}',
        GOOD[:-1] + b',"new":[1]}',
        GOOD[:-1] + b',"new":{"a":1,"a":2}}',
        GOOD[:-1] + b',"new":{"a":NaN}}',
        GOOD[:-1] + b',"new":{"a":"\\ud800"}}',
        GOOD[:-1] + b',"new":{"a":"\xff"}}',
        GOOD[:-1] + b',"new":{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}}",
        GOOD[:-1] + b',"new":{"a":"' + b"x" * 65_535 + b'"}}',
    ],
)
def test_what_is_not_entry_v1_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        entry.parse(data)
    assert str(refused.value).endswith(".")


def test_a_builder_cannot_make_what_no_one_can_read() -> None:
    with pytest.raises(Malformed, match="half a character"):
        entry.build(Entry(kind="row", id=1, at="2026-11-22T16:19:00.123456Z", pk="\ud800"))
    with pytest.raises(Malformed, match="not a kind"):
        entry.build(Entry(kind="rows", id=1, at="2026-11-22T16:19:00.123456Z"))


@given(st.binary(max_size=60), st.integers(0, len(GOOD)))
def test_no_bytes_whatever_break_the_reader(junk: bytes, at: int) -> None:
    for data in (junk, GOOD[:at] + junk + GOOD[at:]):
        try:
            read = entry.parse(data)
        except Malformed:
            continue
        assert read.id == json.loads(data)["id"]
