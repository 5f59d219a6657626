"""Who outside vouches for the ledger, in `indelible.toml`: each wrong entry refused by name, nothing asked of the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from indelible.home import configuration, outside
from indelible.home.layout import Home, HomeProblem
from indelible.home.outside import AuthorityAddress, Outside, WitnessAddress
from indelible.jobs.anchors import named_by
from tests.ledger.growing import Log
from tests.ledger.test_witness import OWN

KEY = OWN.verifier.vkey()
GOOD = f'[[witness]]\nname = "qa"\nurl = "https://w.example/p/"\nvkey = "{KEY}"\n'
STAMP = '[[time_stamp]]\nname = "a"\nurl = "https://tsa.example/tsr"\ncertificate = "root.pem"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "root.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    return Home(tmp_path)


def given(home: Home, text: str) -> Outside:
    home.configuration.write_text(text)
    configuration.load(home, {})  # knows the names of these settings and leaves them to this reader
    return outside.load(home)


def test_nobody_is_named_without_a_file_or_an_entry(home: Home) -> None:
    assert outside.load(home) == Outside() and not outside.load(home)
    assert given(home, "port = 8001\n") == Outside()


def test_witnesses_and_authorities_are_read(home: Home) -> None:
    found = given(home, "port = 8001\nwitness_quorum = 1\n" + GOOD + STAMP)
    assert found.witnesses == (WitnessAddress("qa", "https://w.example/p", KEY),)
    assert found.authorities == (
        AuthorityAddress("a", "https://tsa.example/tsr", "-----BEGIN CERTIFICATE-----\n"),
    )
    assert found.quorum == 1 and given(home, GOOD).quorum == 1
    assert given(home, GOOD.replace("https", "http") + "private = true\n").witnesses[0].private
    assert given(home, STAMP.replace("https", "http") + "plain = true\n").authorities[0].plain


@pytest.mark.urs("URS-AUD-03")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("https", "http"), "must begin with https://"),
        (STAMP.replace("https", "http"), "must begin with https://"),
        (GOOD.replace("https", "ftp"), "is not an http address"),
        (GOOD.replace("https://w", "https://user:secret@w"), "is not an http address"),
        (GOOD.replace("/p/", "/p/?x=1"), "is not an http address"),
        (GOOD.replace("w.example", "w example"), "is not an http address"),
        (GOOD.replace("w.example/p/", "[::1"), "is not an http address"),
        (GOOD.replace("w.example/p/", "w.example:99999/"), "is not an http address"),
        (GOOD.replace('"qa"', '"../qa"'), "a name has letters, digits"),
        (GOOD.replace('"qa"', '".hidden"'), "a name has letters, digits"),
        (GOOD.replace('"qa"', "7"), "name must be text"),
        (GOOD + "private = 1\n", "private must be true or false"),
        (GOOD + "colour = 1\n", "colour is unknown"),
        (GOOD.replace("vkey", "key"), "vkey is missing"),
        (GOOD + GOOD, "have the same name"),
        ("witness_quorum = 2\n" + GOOD, "from 1 to 1"),
        ("witness_quorum = 0\n" + GOOD, "from 1 to 1"),
        ("witness_quorum = true\n" + GOOD, "from 1 to 1"),
        ("witness_quorum = 1\n", "from 0 to 0"),
        ('witness = "qa"\n', "is written as up to 16 tables"),
        (GOOD * 17, "is written as up to 16 tables"),
        (STAMP.replace("root.pem", "gone.pem"), "cannot be read"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(home: Home, text: str, words: str) -> None:
    with pytest.raises(HomeProblem) as caught:
        given(home, text)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value) or "user" in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace(KEY, "nonsense"), "The key line of the witness qa"),
        (GOOD.replace(KEY, Log().signer.verifier.vkey()), "a witness's key is of type 0x04"),
        (GOOD + GOOD.replace('"qa"', '"other"'), "have the same key"),
        (STAMP, "is not a PEM certificate"),
    ],
)
def test_a_key_or_certificate_that_is_none_stops_the_start(home: Home, text: str, words: str) -> None:
    with pytest.raises(HomeProblem, match=words):
        named_by(given(home, text))
