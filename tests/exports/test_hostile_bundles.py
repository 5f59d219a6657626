"""Bundles made by an enemy: a sentence and exit 1, never a traceback, never more than bounded memory."""

from __future__ import annotations

import importlib.util
import io
import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.exports.bundles import OFFLINE, checked, repacked
from tests.exports.test_bundle import bundle, company, read  # noqa: F401  (fixtures)

SYMLINK = 0o120777 << 16


def zipped(write: Callable[[zipfile.ZipFile], object]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        write(new)
    return target.getvalue()


def twice(new: zipfile.ZipFile) -> None:
    new.writestr("manifest.json", "{}")
    with pytest.warns(UserWarning):
        new.writestr("manifest.json", "{}")


def link(new: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("manifest.json")
    info.external_attr = SYMLINK
    new.writestr(info, "/etc/passwd")


def bomb(new: zipfile.ZipFile) -> None:
    with new.open("manifest.json", "w", force_zip64=True) as file:
        for _ in range(600):
            file.write(b" " * (1 << 20))


HOSTILE = {
    "traversal": (zipped(lambda z: z.writestr("../../evil", "x")), "leads elsewhere"),
    "absolute": (zipped(lambda z: z.writestr("/etc/evil", "x")), "leads elsewhere"),
    "backslash": (zipped(lambda z: z.writestr("a\\..\\b", "x")), "leads elsewhere"),
    "stream of a file": (zipped(lambda z: z.writestr("verify.py:x", "x")), "leads elsewhere"),
    "case": (zipped(lambda z: [z.writestr("a", "x"), z.writestr("A", "x")]), "stands twice"),
    "twice": (zipped(twice), "stands twice"),
    "link": (zipped(link), "is a link"),
    "bomb": (zipped(bomb), "larger than any real one"),
    "no zip": (b"PK\x05\x06 but no more", "cannot be opened|can be opened"),
    "nothing": (b"", "can be opened"),
    "deep": (
        zipped(lambda z: z.writestr("manifest.json", "[" * 1_000_000)),
        "not JSON that this program can read",
    ),
    "number": (zipped(lambda z: z.writestr("manifest.json", '{"a":' + "9" * 5_000_000 + "}")), "not JSON"),
    "no object": (zipped(lambda z: z.writestr("manifest.json", "[]")), "does not hold what it must"),
    "not UTF-8": (zipped(lambda z: z.writestr("manifest.json", b"\xff")), "not JSON"),
    "key twice": (zipped(lambda z: z.writestr("manifest.json", '{"a":1,"a":2}')), "not JSON"),
    "bzip2": (
        zipped(lambda z: z.writestr("manifest.json", b"{}", zipfile.ZIP_BZIP2)),
        "packed in an unknown way",
    ),
}


@pytest.mark.urs("URS-CPY-03")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_zip_is_a_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(HOSTILE[name][0])
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(OFFLINE / "verify.py"), str(path)],
        capture_output=True, text=True, timeout=60, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)),
    )  # fmt: skip
    assert done.returncode == 1 and not done.stderr, done
    assert any(told in done.stdout for told in HOSTILE[name][1].split("|")), done.stdout


@pytest.mark.urs("URS-CPY-03")
def test_a_truncated_bundle_is_a_sentence(bundle: Path, tmp_path: Path) -> None:  # noqa: F811
    whole = bundle.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.99, 0.999):
        path = tmp_path / "x.zip"
        path.write_bytes(whole[: int(len(whole) * share)])
        assert checked(path)[0] == 1


@pytest.mark.urs("URS-CPY-03")
def test_reordered_and_malformed_parts_are_sentences(bundle: Path, tmp_path: Path) -> None:  # noqa: F811
    lines = read(bundle, "ledger/entries").splitlines(keepends=True)
    manifest = json.loads(read(bundle, "manifest.json"))
    for change in (
        {"ledger/entries": b"".join(lines[::-1])},
        {"ledger/entries": b"".join(lines) + lines[-1]},
        {"ledger/entries": b"".join(lines[:-1])},
        {"ledger/entries": b"9" * 4_000_000 + b" {}\n"},
        {"ledger/checkpoint": b"x\n9999999999999999999\nx\n\n"},
        {"manifest.json": json.dumps({**manifest, "records": 7}).encode()},
        {"manifest.json": json.dumps({**manifest, "files": None}).encode()},
        {"manifest.json": json.dumps({**manifest, "ledger": []}).encode()},
        {"keys.json": b'{"log": 1, "service": []}'},
        {"policy": b"quorum none\n"},
        {"signatures.json": b"[1]"},
    ):
        code, words = checked(repacked(bundle, tmp_path / "x.zip", change))
        assert code == 1 and "FINDING" in words


def signed_by_library(public: bytes, message: bytes, signature: bytes) -> bool:
    """Ed25519 by the library instead of by the program's own file."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def offline(name: str) -> ModuleType:
    """A file of the offline check as a module of this process."""
    sys.path.insert(0, str(OFFLINE))
    try:
        spec = importlib.util.spec_from_file_location(name, OFFLINE / f"{name.replace('.', '/')}.py")
        assert spec and spec.loader
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        return made
    finally:
        sys.path.remove(str(OFFLINE))


@pytest.mark.urs("URS-CPY-03", "URS-VAL-09")
@pytest.mark.slow
def test_every_single_byte_of_the_ledger_flipped_is_found(
    bundle: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the digests of the manifest: the ledger's own proof finds each flip by itself."""
    program = offline("verify")
    monkeypatch.setattr(
        program.ledger, "is_signed", signed_by_library
    )  # 100 times quicker, and the same (see below)
    with zipfile.ZipFile(bundle) as whole:
        files = {name: whole.read(name) for name in whole.namelist()}
    number = json.loads(files["manifest.json"])["records"][0]["number"]
    part = [name for name in files if name.startswith("ledger/")]
    assert f"ledger/proofs/{number}.tlog-proof" in part and len(part) >= 4

    def found(changed: dict[str, bytes]) -> bool:
        check = program.Check(str(bundle))
        check.box._pieces = lambda name: iter([changed[name]])
        check.check_seal = check.check_files = check.check_actors = lambda: None
        try:
            check.run()
        except program.Fault:
            return True
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            return True
        return bool(check.findings)

    assert not found(files)
    for name in part:
        content = files[name]
        for at in range(len(content)):
            flipped = content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :]
            assert found({**files, name: flipped}), f"{name}: byte {at}"


VECTORS = (  # RFC 8032 section 7.1, tests 1 to 3: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)


def test_ed25519_is_that_of_the_rfc_and_refuses_what_the_library_refuses() -> None:
    ed25519 = offline("verify.ed25519")
    for public, message, signature in ((bytes.fromhex(x) for x in one) for one in VECTORS):
        assert ed25519.is_signed(public, message, signature)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        for at in range(64):
            wrong = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
            assert not ed25519.is_signed(public, message, wrong)
            with pytest.raises(InvalidSignature):
                Ed25519PublicKey.from_public_bytes(public).verify(wrong, message)
        s = int.from_bytes(signature[32:], "little") + ed25519.L
        assert not ed25519.is_signed(public, message, signature[:32] + s.to_bytes(32, "little"))
    for number in range(20):
        key = Ed25519PrivateKey.generate()
        message = bytes(range(number * 7))
        public = key.public_key().public_bytes_raw()
        assert ed25519.is_signed(public, message, key.sign(message))
        assert not ed25519.is_signed(public, message + b"x", key.sign(message))
