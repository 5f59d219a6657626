"""Signatures against the ledger: the signed bytes, the row and the act that made each, and how both copies show it."""

from hashlib import sha256

from verify.container import parsed
from verify.facts import is_same, is_same_moment
from verify.faults import Fault
from verify.ledger import unbase64
from verify.proofs import check_proof
from verify.records import image, without_numbers

MANIFEST = "The manifest of a signature"
OTHERWISE = "%s: the copy of the record shows it otherwise (its %s)."
IN_WORDS = {"standing", "why", "sealed"}


def name_of(told):
    return "The signature by %s on %s (%s)" % (told["name"], told["record"], told["meaning"])


def check_signature(told, facts, contents, shown, files):
    """One signature: its manifest against its row in the ledger, the revision it covers and the bytes of the files."""
    raw, name = unbase64(told["manifest"], MANIFEST), name_of(told)
    digest, rows = sha256(raw).hexdigest(), facts.of_row("signatures_signature", told["id"])
    if len(rows) != 1 or image(rows[0]).get("digest") != digest or digest != told["digest"]:
        raise Fault("%s: what was signed is not what the ledger says was signed." % name)
    row, signed = image(rows[0]), parsed(raw, MANIFEST)
    signer = signed["signer"]
    said = {
        "step": signed["step"], "meaning": signed["meaning"], "user_id": signer["id"], "name": signer["name"],
        "role": signer["role"], "organisation": signer["organisation"], "zone": signer["zone"],
        "offset": signer["offset"],
    }  # fmt: skip
    for part, value in said.items():
        if row.get(part) != value or told[part] != value:
            raise Fault("%s: its %s is not the one signed." % (name, part))
    content = contents.get(told["record"], {}).get(told["revision"])
    if content is None or signed["record"] != told["record"] or signed["revision"] != str(told["revision"]):
        raise Fault("%s: it was made on %s, revision %s." % (name, signed["record"], signed["revision"]))
    if signed["fields"] != without_numbers(content["fields"]):
        raise Fault("%s: the content differs from what was signed." % name)
    if signed["attachments"] != without_numbers(content["attachments"]):
        raise Fault("%s: the attachments differ from those signed." % name)
    for one in signed["attachments"]:
        if "attachments/" + one["sha256"] not in files:
            raise Fault("%s: the file %s that was signed is not in the bundle." % (name, one["name"]))
    check_proof(name, signed, row.get("evidence") or {}, digest)


def check_making(told, facts):
    """Sentences: the row was made once, by an act of the signer on this record, at the time that was signed."""
    name, rows = name_of(told), facts.of_row("signatures_signature", told["id"])
    if [one.get("op") for one in rows] != ["I"]:
        yield "%s: the ledger does not tell of one making of it and no change since." % name
        return
    row, act = image(rows[0]), facts.act_of(rows[0])
    signed = parsed(unbase64(told["manifest"], MANIFEST), MANIFEST)
    if act is None or row.get("act") != act["id"]:
        yield "%s: the act that made it is not in the ledger." % name
    elif image(act).get("user_id") != told["user_id"] or act.get("outcome") != "done":
        yield "%s: it was made by an act of another person than the signer." % name
    elif image(act).get("record") != told["record"]:
        yield "%s: it was made by an act on another record." % name
    if facts.numbers.get(str(row.get("record_id"))) != told["record"]:
        yield "%s: its row in the ledger belongs to another record." % name
    revision = facts.of_row("records_revision", row.get("revision_id"))
    if not revision or str(image(revision[0]).get("number")) != signed["revision"]:
        yield "%s: its row in the ledger belongs to another revision." % name
    if not is_same_moment(row.get("signed_at"), signed["at"]):
        yield "%s: its time in the ledger is not the one signed." % name
    if row.get("components") != ",".join(signed["components"]):
        yield "%s: its components in the ledger are not those signed." % name
    if "at" in told and not is_same_moment(told["at"], signed["at"]):
        yield "%s: its time in signatures.json is not the one signed." % name
    if "components" in told and not is_same(told["components"], signed["components"]):
        yield "%s: its components in signatures.json are not those signed." % name


def check_shown(told, shown, rest):
    """Sentences: the copy of the record shows the signature as it was signed."""
    name, here = name_of(told), shown[told["id"]]
    signed = parsed(unbase64(told["manifest"], MANIFEST), MANIFEST)
    signer = signed["signer"]
    parts = {
        **{part: signed[part] for part in ("step", "meaning")},
        **{part: signer[part] for part in ("name", "role", "organisation", "zone", "offset")},
        **{part: told[part] for part in ("record", "revision", "digest")},
        "user_id": signer["id"],
        "components": signed["components"],
    }
    for part, value in parts.items():
        if not is_same(here[part], value):
            yield OTHERWISE % (name, part.replace("_", " "))
    if not is_same_moment(here["at"], signed["at"]):
        yield OTHERWISE % (name, "time")
    if not here.get("sealed", True):
        yield "%s: the copy tells that the ledger had not sealed it, which it had." % name
    known = {*parts, "id", "at", "withdraws", *IN_WORDS}
    rest.part("records/*.json, signatures", *sorted(set(here) - known), "why (its standing in words)")
    rest_of_file = set(told) - {*parts, "id", "at", "manifest"}
    if rest_of_file:
        rest.part("signatures.json", *sorted(rest_of_file))


def check_withdrawal(told, others, facts, shown):
    """A signature that takes back another: by the same person on the same record, named by its digest, and told as withdrawn."""
    signed = parsed(unbase64(told["manifest"], MANIFEST), MANIFEST)
    name, rows = name_of(told), facts.of_row("signatures_signature", told["id"])
    back = (image(rows[-1]) if rows else {}).get("withdraws_id")
    if shown[told["id"]].get("withdraws") != back:
        raise Fault("%s: the copy of the record shows otherwise what it takes back." % name)
    if "withdraws" not in signed:
        if back is not None:
            raise Fault("%s: it was not signed to take back another." % name)
        return
    found = [one for one in others if one["digest"] == signed["withdraws"]]
    if len(found) != 1 or back != found[0]["id"] or back == told["id"]:
        raise Fault("%s: the signature it takes back is not the one it was signed for." % name)
    if (found[0]["record"], found[0]["user_id"]) != (told["record"], told["user_id"]):
        raise Fault("%s: it takes back what somebody else signed, or elsewhere." % name)
    if shown[found[0]["id"]]["standing"] not in ("withdrawn", "invalid"):
        raise Fault(
            "%s: it takes back signature %s, which the copy tells otherwise." % (name, found[0]["id"])
        )
