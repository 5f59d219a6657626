"""Trust policies: what C2SP tlog-policy allows is read and decided, everything else refused by its line."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.growing import Log as GrownLog

from indelible.ledger import cosignature, note, policy
from indelible.ledger.faults import LedgerFault, Malformed, Mismatch
from indelible.ledger.policy import Group, Log, Policy, Witness

pytestmark = pytest.mark.urs("URS-AUD-03", "URS-CPY-03")
LOG = GrownLog(5)
SIGNERS = {
    name: cosignature.witness_signer(
        f"w.example/{name}", Ed25519PrivateKey.from_private_bytes(bytes([at]) * 32)
    )
    for at, name in enumerate(["X1", "X2", "X3", "Y1", "Y2", "Y3"], 10)
}
LOG_LINE = f"log {LOG.signer.verifier.vkey()}\n"
WITNESS_LINES = {name: f"witness {name} {one.verifier.vkey()}\n" for name, one in SIGNERS.items()}
WITNESSES = "".join(WITNESS_LINES.values())
# The example of the specification, with keys.
EXAMPLE = (
    f"# two organisations\n{LOG_LINE}\n{WITNESSES}"
    "group X-witnesses 2 X1 X2 X3\n \tgroup  Y-witnesses any Y1 Y2\tY3 \n"
    "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
)


def cosigned(*names: str) -> bytes:
    text = note.parse(LOG.signed()).text
    lines = [cosignature.cosign(text, SIGNERS[name], 1_790_000_000).line + "\n" for name in names]
    return LOG.signed() + "".join(lines).encode()


def test_the_example_of_the_specification_is_read() -> None:
    read = policy.parse(EXAMPLE.encode())
    assert read.logs == (Log(LOG.signer.verifier),)
    assert [one.name for one in read.witnesses] == list(SIGNERS)
    assert read.groups[0] == Group("X-witnesses", 2, ("X1", "X2", "X3"))
    assert [one.needed for one in read.groups] == [2, 1, 2] and read.quorum == "X-and-Y"
    assert policy.parse(read.to_bytes()) == read


@pytest.mark.parametrize(
    ("names", "met"),
    [
        (["X1", "X2", "Y3"], True),
        (["X1", "X3", "Y1", "Y2"], True),
        (["X1", "X2"], False),
        (["X1", "Y1", "Y2", "Y3"], False),
        ([], False),
        (["X-and-Y"], False),
        (["X-witnesses", "Y1"], False),
        (["nobody", "X1", "X1"], False),
    ],
)
def test_a_quorum_is_met_by_witnesses_alone(names: list[str], met: bool) -> None:
    assert policy.parse(EXAMPLE.encode()).is_met(names) is met


def test_a_checkpoint_is_opened_under_a_policy_or_refused_with_the_reason() -> None:
    read = policy.parse(EXAMPLE.encode())
    vouched = read.opened(cosigned("X1", "X2", "Y1"))
    assert vouched.checkpoint.size == 5
    assert vouched.witnesses == dict.fromkeys(["X1", "X2", "Y1"], 1_790_000_000)
    with pytest.raises(Mismatch, match=r"\(X1, Y1\) are no quorum"):
        read.opened(cosigned("X1", "Y1"))
    with pytest.raises(Mismatch, match="not valid"):
        read.opened(cosigned("X1", "X2", "Y1").replace(b"\n5\n", b"\n6\n"))
    foreign = f"log {GrownLog(seed=9, origin='other.example/log').signer.verifier.vkey()}\n"
    with pytest.raises(Mismatch, match="No log of the policy"):
        policy.parse((foreign + WITNESSES + "quorum X1\n").encode()).opened(cosigned("X1"))


def test_a_log_may_not_sign_for_the_origin_of_another() -> None:
    other = GrownLog(seed=9, origin="other.example/log").signer
    data = note.sign(note.parse(LOG.signed()).text, [other]).to_bytes()
    lines = f"{LOG_LINE}log {other.verifier.vkey()}\nquorum none\n"
    with pytest.raises(Mismatch, match="No log of the policy"):
        policy.parse(lines.encode()).opened(data)


def test_names_are_octets_and_urls_are_kept() -> None:
    kelvin = WITNESS_LINES["X1"].replace("witness X1", "witness K").encode()
    other = WITNESS_LINES["X2"].replace("witness X2", "witness \u212a").encode()
    raw = WITNESS_LINES["X3"].encode().replace(b"witness X3", b"witness \xff\x80")
    data = LOG_LINE.encode()[:-1] + b" https://log.example/\n" + kelvin + other + raw + b"quorum \xff\x80\n"
    read = policy.parse(data)
    assert read.to_bytes() == data and read.logs[0].url == "https://log.example/"
    assert not read.is_met(["K"]) and read.is_met([read.witnesses[2].name])


def test_a_count_of_witnesses_as_a_policy() -> None:
    known = [Witness(name, SIGNERS[name].verifier) for name in ("X1", "X2", "X3")]
    made = policy.of_count(LOG.signer.verifier, known, 2)
    assert made.to_bytes().decode().endswith("group witnesses 2 X1 X2 X3\nquorum witnesses\n")
    assert made.is_met(["X1", "X3"]) and not made.is_met(["X3"])
    assert policy.of_count(LOG.signer.verifier, [], 0).to_bytes().decode() == f"{LOG_LINE}quorum none\n"
    named = Witness("witnesses", SIGNERS["X1"].verifier)
    assert policy.of_count(LOG.signer.verifier, [named], 1).quorum == "witnesses-"
    with pytest.raises(Malformed, match="needs 4 of 3"):
        policy.of_count(LOG.signer.verifier, known, 4)


X1, X2 = WITNESS_LINES["X1"], WITNESS_LINES["X2"]
REFUSED = {
    "no newline at the end": f"{LOG_LINE}quorum none",
    "nothing": "",
    "no quorum": LOG_LINE,
    "two quorums": f"{LOG_LINE}quorum none\nquorum none\n",
    "quorum before its witness": f"{LOG_LINE}quorum X1\n{X1}",
    "unknown quorum": f"{LOG_LINE}{X1}quorum X9\n",
    "unknown word": f"{LOG_LINE}logs x\nquorum none\n",
    "word in other case": f"{LOG_LINE}Quorum none\n",
    "log twice": f"{LOG_LINE}{LOG_LINE}quorum none\n",
    "witness twice": f"{X1}{X1.replace('witness X1', 'witness X9')}quorum X1\n",
    "name twice": f"{X1}{X2.replace('witness X2', 'witness X1')}quorum X1\n",
    "group named as a witness": f"{X1}{X2}group X1 1 X2\nquorum X1\n",
    "witness named none": f"{X1.replace('witness X1', 'witness none')}quorum none\n",
    "group named none": f"{X1}group none 1 X1\nquorum none\n",
    "none as member": f"{X1}group G 1 none X1\nquorum G\n",
    "member of itself": f"{X1}group G 1 G X1\nquorum G\n",
    "member defined below": f"group G 1 X1\n{X1}quorum G\n",
    "member twice in a group": f"{X1}group G 1 X1 X1\nquorum G\n",
    "member of two groups": f"{X1}{X2}group G 1 X1\ngroup H 2 X1 X2\nquorum H\n",
    "group without members": f"{X1}group G any\nquorum G\n",
    "none needed": f"{X1}group G 0 X1\nquorum G\n",
    "more needed than there are": f"{X1}group G 2 X1\nquorum G\n",
    "number with a zero before": f"{X1}group G 01 X1\nquorum G\n",
    "number in other digits": f"{X1}group G \u0661 X1\nquorum G\n",
    "enormous number": f"{X1}group G {'9' * 5000} X1\nquorum G\n",
    "negative": f"{X1}group G -1 X1\nquorum G\n",
    "witness with a log's key": f"{LOG_LINE.replace('log ', 'witness X1 ')}quorum X1\n",
    "log with a witness's key": f"{X1.replace('witness X1', 'log')}quorum none\n",
    "key id of another": f"{LOG_LINE.replace('+', '+0', 1)}quorum none\n",
    "not a key": "log x\nquorum none\n",
    "too many words": f"{LOG_LINE[:-1]} https://a.example more\nquorum none\n",
    "quorum of two": f"{X1}{X2}quorum X1 X2\n",
    "carriage return": f"{LOG_LINE[:-1]}\r\nquorum none\n",
    "NUL": f"{LOG_LINE}quorum none\x00\n",
    "a space that is none": f"{LOG_LINE}quorum\u00a0none\n",
    "vertical tab": f"{LOG_LINE}quorum\x0bnone\n",
    "too large": f"{LOG_LINE}{'#' * policy.MOST_BYTES}\nquorum none\n",
    "too many groups": X1
    + "".join(f"group G{n} 1 {f'G{n - 1}' if n else 'X1'}\n" for n in range(65))
    + "quorum X1\n",
}


@pytest.mark.parametrize("what", REFUSED)
def test_everything_else_is_refused(what: str) -> None:
    with pytest.raises(Malformed) as caught:
        policy.parse(REFUSED[what].encode())
    str(caught.value).encode()


def test_a_long_chain_of_groups_is_decided_without_recursion() -> None:
    chain = "".join(f"group G{n} 1 {f'G{n - 1}' if n else 'X1'}\n" for n in range(policy.MOST))
    read = policy.parse(f"{X1}{chain}quorum G{policy.MOST - 1}\n".encode())
    assert read.is_met(["X1"]) and not read.is_met([])


def test_a_policy_made_in_code_obeys_the_same_rules() -> None:
    witness = Witness("X1", SIGNERS["X1"].verifier)
    wrongs: list[dict[str, Any]] = [
        {"witnesses": (witness,), "quorum": "X2"},
        {"witnesses": (Witness("a b", witness.key),)},
        {"witnesses": (Witness("", witness.key),)},
        {"witnesses": (Witness("X1", witness.key, "https://a b"),)},
        {"witnesses": (witness,), "groups": (Group("G", 2, ("X1",)),)},
    ]
    for wrong in wrongs:
        with pytest.raises(Malformed):
            Policy((Log(LOG.signer.verifier),), **wrong)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_policy_or_a_sentence(data: bytes) -> None:
    try:
        policy.parse(data)
    except LedgerFault as fault:
        str(fault).encode()


@given(st.integers(0, len(EXAMPLE.encode()) - 1), st.integers(0, 255))
def test_any_byte_of_a_real_one_changed(at: int, byte: int) -> None:
    data = bytearray(EXAMPLE.encode())
    data[at] = byte
    try:
        read = policy.parse(bytes(data))
    except LedgerFault as fault:
        str(fault).encode()
    else:
        assert policy.parse(read.to_bytes()) == read
