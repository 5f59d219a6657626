"""Checks an inspection bundle of Indelible without Indelible: `python3 verify.py [BUNDLE.zip or folder]`.

Needs Python 3.9 or newer and nothing else. Beside an unpacked bundle it checks that one. Exit 0: everything below holds;
1: something does not, named in a sentence; 2: wrong use. It reads only; it asks no network.

  --policy FILE       a tlog-policy you had before (its log key and witnesses count, not the bundle's own)
  --checkpoint FILE   a checkpoint of the same log you had before: this log must be its continuation
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True  # the check leaves nothing behind in the folder it checks
sys.path.insert(0, HERE)

from verify import ledger, records  # noqa: E402
from verify.container import Container, parsed  # noqa: E402
from verify.faults import Fault  # noqa: E402

FORMAT = "indelible-bundle/1"
MANIFEST, SEAL = "manifest.json", "manifest.seal"
MOST_NOTE = 1 << 20
LOST_IDS = 1 << 62  # an entry numbered from here on stands in the place of one that was lost in a restore


class Check:
    """One run over one bundle; `findings` and `said` are sentences."""

    def __init__(self, path, policy="", known=""):
        self.box = Container(path)
        self.outside_policy, self.known = policy, known
        self.findings, self.said = [], []

    def run(self):
        """Every check that can still be made; the first steps stop all others, because these rest on them."""
        self.read_keys()
        self.each(self.check_seal)
        self.each(self.check_files)
        self.check_checkpoint()
        self.check_tree()
        self.check_stamps()
        self.read_entries()
        self.each(self.check_rows)
        self.each(self.check_actors)
        self.contents, self.shown = {}, {}
        for about in self.manifest["records"]:
            self.each(self.check_record, about)
            self.each(self.check_proof, about)
        self.check_signatures()
        self.say_limits()

    def each(self, check, *given):
        """Makes a check; what it finds is kept, and the others go on."""
        try:
            check(*given)
        except Fault as fault:
            self.findings.append(str(fault))
        except (KeyError, TypeError, AttributeError, ValueError, IndexError):
            self.findings.append(
                "A part of the bundle is not built as it must be (%s)." % check.__name__.replace("_", " ")
            )

    # ------------------------------------------------------------- the package

    def read_keys(self):
        """Manifest, keys and policy; the keys must be those that the policy names."""
        self.manifest = self.box.json(MANIFEST, dict)
        if self.manifest.get("format") != FORMAT:
            raise Fault("This is not a bundle of the form %s." % FORMAT)
        keys = self.box.json("keys.json", dict, MOST_NOTE)
        self.service, self.log = ledger.Key(keys["service"]), ledger.Key(keys["log"])
        text = self.outside_policy or self.box.text("policy", MOST_NOTE)
        self.witnesses, self.groups, self.quorum, log = ledger.policy(text)
        if log.line != self.log.line:
            raise Fault("The log's key in keys.json is not the one that the policy names.")

    def check_seal(self):
        """The installation signed the SHA-256 of manifest.json with the service's key."""
        note = ledger.Note(self.box.text(SEAL, MOST_NOTE), SEAL)
        if not note.signers([self.service]):
            raise Fault(
                "The manifest is not sealed by the installation: no signature by %s." % self.service.name
            )
        if note.text != "%s\n%s\n" % (FORMAT, self.box.digest(MANIFEST)):
            raise Fault("The manifest was changed after it was sealed: the seal is of another manifest.")
        self.said.append("The manifest is sealed by %s." % self.service.line)

    def check_files(self):
        """Every file by its size and SHA-256; none more, none less."""
        listed = self.manifest["files"]
        for name in sorted(set(listed) - set(self.box.sizes)):
            self.findings.append("%s was removed from the bundle." % name)
        for name in sorted(set(self.box.sizes) - set(listed) - {MANIFEST, SEAL}):
            self.findings.append("%s was added to the bundle: the manifest does not list it." % name)
        for name in sorted(set(listed) & set(self.box.sizes)):
            self.each(self.check_file, name, listed[name])
        self.said.append("%d files are those that the manifest lists." % len(listed))

    def check_file(self, name, listed):
        if self.box.sizes[name] != listed["bytes"] or self.box.digest(name) != listed["sha256"]:
            raise Fault("%s was changed: its bytes are not those that were sealed." % name)
        if name.startswith("attachments/") and name != "attachments/" + listed["sha256"]:
            raise Fault("%s is not the file that its name says." % name)

    # ------------------------------------------------------------- the ledger

    def check_checkpoint(self):
        """The log signed the size and root; the witnesses that the policy asks for saw the same."""
        note = ledger.Note(self.box.text("ledger/checkpoint", MOST_NOTE), "ledger/checkpoint")
        self.origin, self.size, self.root = ledger.checkpoint(note)
        if self.origin != self.log.name or not note.signers([self.log]):
            raise Fault("The checkpoint is not signed by the log %s." % self.log.name)
        stated = self.manifest["ledger"]
        if (stated["origin"], stated["size"]) != (self.origin, self.size):
            raise Fault("The manifest speaks of another checkpoint.")
        seen = note.signers(list(self.witnesses.values()))
        names = {name for name, key in self.witnesses.items() if key.line in {one.line for one, _ in seen}}
        if not ledger.is_met(self.quorum, self.groups, names):
            self.findings.append("The checkpoint lacks cosignatures: the policy asks for %s." % self.quorum)
        self.said.append("The checkpoint of %d entries is signed by %s." % (self.size, self.log.line))
        for key, payload in seen:
            time = int.from_bytes(payload[:8], "big")
            self.said.append("Witness %s cosigned it %d seconds after 1970-01-01 UTC." % (key.name, time))
        if not seen:
            self.said.append(
                "No witness cosigned it: that the log was never rewritten rests on the log's key alone."
            )

    def check_tree(self):
        """The leaf hashes in the tiles give the signed root; the tiles are those of this size and no others."""
        self.leaves, names = ledger.read_leaves(self.box, self.size)
        self.whole = self.manifest["scope"] == "whole"
        if self.whole:
            names |= {path for path, _, _ in ledger.tiles("entries", self.size)}
        found = {name for name in self.box.sizes if name.startswith("ledger/tile/")}
        if found != names:
            raise Fault(
                "The tiles are not those of a log of %d entries: %s." % (self.size, sorted(found ^ names)[0])
            )
        if self.root_at(self.size) != self.root:
            raise Fault("The hashes in the tiles do not give the root that the checkpoint signs.")
        self.said.append("The tree of %d entries gives the signed root." % self.size)
        if self.known:
            self.check_known()

    def root_at(self, size):
        return ledger.root_of(self.leaves[: size * 32])

    def check_known(self):
        """An earlier checkpoint from elsewhere: the first entries of this log must give its root."""
        note = ledger.Note(self.known, "Your checkpoint")
        origin, size, root = ledger.checkpoint(note)
        if not self.log.is_of_same_log(origin) or not note.signers([self.log.renamed(origin)]):
            raise Fault("Your checkpoint is of another log, or not signed by this one.")
        if origin != self.origin and (size > self.size or self.root_at(size) != root):
            raise Fault(
                "Your checkpoint of %d entries is of an earlier epoch, %s, of which this log holds less: the rest was "
                "lost when the database was put back." % (size, origin)
            )
        if size > self.size or self.root_at(size) != root:
            raise Fault(
                "This log is not the continuation of your checkpoint of %d entries: history was rewritten."
                % size
            )
        self.said.append("The log continues your checkpoint of %d entries." % size)

    def check_stamps(self):
        """The checkpoints that time stamps are over: signed by the log, and the beginning of this very log."""
        for name in sorted(one for one in self.box.sizes if one.endswith(".tsr")):
            self.each(self.check_stamp, name, name[: -len("tsr")] + "checkpoint")

    def check_stamp(self, name, stamped):
        if stamped not in self.box.sizes:
            raise Fault("%s: the checkpoint it is over is not in the bundle." % name)
        note = ledger.Note(self.box.text(stamped, MOST_NOTE), stamped)
        origin, size, root = ledger.checkpoint(note)
        if not self.log.is_of_same_log(origin) or not note.signers([self.log.renamed(origin)]):
            raise Fault("%s is not signed by the log." % stamped)
        if size > self.size or self.root_at(size) != root:
            raise Fault("This log is not the continuation of %s, which was stamped." % stamped)
        self.said.append(
            "A checkpoint of %d entries, the beginning of this log, is time-stamped. Not checked here: the stamp itself. "
            "Check it with: openssl ts -verify -data %s -in %s -CAfile TSA-CERTIFICATE"
            % (size, stamped, name)
        )

    def raw_entries(self):
        """(index, bytes) of each entry that the bundle holds, in order, each against its leaf hash."""
        last = -1
        for index, raw in self.entries_in_tiles() if self.whole else self.entries_in_slice():
            if not last < index < self.size:
                raise Fault("The entries are not in the order of the ledger (entry %d)." % index)
            if ledger.leaf_hash(raw) != self.leaves[index * 32 : index * 32 + 32]:
                raise Fault(
                    "Entry %d was changed: it does not have the hash that stands in the tree." % index
                )
            last = index
            yield index, raw

    def entries_in_tiles(self):
        for path, first, width in ledger.tiles("entries", self.size):
            for at, raw in enumerate(ledger.entries_of_tile(self.box.read(path), width, path)):
                yield first + at, raw

    def entries_in_slice(self):
        data = self.box.read("ledger/entries")
        if data and not data.endswith(b"\n"):
            raise Fault("ledger/entries is cut off.")
        for line in data.split(b"\n")[:-1]:
            digits, _, raw = line.partition(b" ")
            if not digits.isdigit() or len(digits) > 19 or str(int(digits)).encode() != digits:
                raise Fault("ledger/entries has a line that is no entry.")
            yield int(digits), raw

    def read_entries(self):
        """The entries that concern the records; in a slice every other one is a finding."""
        concern = records.Concern(self.manifest["records"])
        events, acts, last = {}, {}, 0
        for index, raw in self.raw_entries():
            number = records.passed_over(raw) if self.whole else None
            if number is not None and number > last:
                last = number  # an entry of another table, read no further
                continue
            entry = parsed(raw, "Entry %d" % index)
            if entry.get("v") != 1 or entry["id"] <= last:
                raise Fault("Entry %d is not one of version 1, or its number does not follow." % index)
            entry["_seq"] = index
            if entry["id"] < LOST_IDS:
                last = entry["id"]
            if entry["kind"] != "act" and concern.takes_event(entry):
                events[index] = entry
            elif entry["kind"] == "act" and not self.whole:
                acts[index] = entry
            elif entry["kind"] != "act" and not self.whole:
                self.findings.append("Entry %d concerns none of the records and should not be here." % index)
        if self.whole:
            for index, raw in self.raw_entries():
                if b'"kind":"act"' in raw[:24] and concern.may_take_act(raw):
                    acts[index] = parsed(raw, "Entry %d" % index)
                    acts[index]["_seq"] = index
        for index in [index for index, act in acts.items() if not concern.takes_act(act)]:
            if not self.whole:
                self.findings.append("Entry %d concerns none of the records and should not be here." % index)
            del acts[index]
        self.entries = [entry for _, entry in sorted({**events, **acts}.items())]
        self.acts = {act["id"]: act for act in acts.values()}
        for event in events.values():
            if "act" in event and event["act"] not in self.acts:
                self.findings.append(
                    "Entry %d belongs to act %s, which is left out." % (event["_seq"], event["act"])
                )
        self.said.append(
            "%d entries that concern the records stand in the ledger as they are here." % len(self.entries)
        )

    def check_rows(self):
        self.by_table = {}
        for entry in self.entries:
            self.by_table.setdefault(entry.get("table", ""), []).append(entry)
        records.check_rows(self.entries)
        self.said.append("Each row's changes follow one another without a gap.")

    def check_actors(self):
        """Every act is attested by the same key that sealed the manifest: a seal by another key shows here."""
        without = records.check_tokens(self.entries, self.service)
        if without:
            told = ", ".join(str(one) for one in without[:10])
            raise Fault(
                "%d acts are not attested by the key that sealed this bundle (acts %s): either they were written past "
                "the product, or the bundle was sealed by somebody else's key." % (len(without), told)
            )
        self.said.append("The key of the seal attests each of the %d acts in the ledger." % len(self.acts))

    # ------------------------------------------------------------- the records

    def check_record(self, about):
        name = "records/%s.json" % about["number"]
        copy = self.box.json(name, dict)
        if copy["record"]["number"] != about["number"]:
            raise Fault("%s is the copy of another record." % name)
        self.contents[about["number"]] = records.check_record(copy, about, self.by_table, self.acts)
        for one in copy["signatures"]:
            self.shown[one["id"]] = dict(one, record=about["number"])
        if "records/%s.pdf" % about["number"] not in self.box.sizes:
            raise Fault("The printed copy of %s is missing." % about["number"])
        for one in copy["record"]["attachments"]:
            if "attachments/" + one["sha256"] not in self.box.sizes:
                raise Fault("%s: its file %s is not in the bundle." % (about["number"], one["name"]))

    def check_proof(self, about):
        """The record's own .tlog-proof: of its newest row entry, under the same checkpoint."""
        name = "ledger/proofs/%s.tlog-proof" % about["number"]
        index, path, rest = ledger.proof_file(self.box.text(name, MOST_NOTE), name)
        if rest != self.box.text("ledger/checkpoint", MOST_NOTE):
            raise Fault("%s holds another checkpoint." % name)
        rows = [one for one in self.by_table.get("records_record", ()) if one.get("pk") == str(about["id"])]
        if not rows or rows[-1]["_seq"] != index:
            raise Fault("%s does not prove the newest entry of the record." % name)
        leaf = self.leaves[index * 32 : index * 32 + 32]
        ledger.check_inclusion(leaf, index, self.size, path, self.root, name)

    def check_signatures(self):
        told = self.box.json("signatures.json", list)
        for one in told:
            self.each(records.check_signature, one, self.by_table, self.contents, self.shown, self.box.sizes)
            self.each(records.check_withdrawal, one, told, self.by_table, self.shown)
        if sorted(self.shown) != sorted(one.get("id") for one in told):
            self.findings.append(
                "The copies of the records do not show the signatures that signatures.json holds."
            )
        held = {one.get("pk") for one in self.by_table.get("signatures_signature", ())}
        if held != {str(one.get("id")) for one in told}:
            self.findings.append(
                "The signatures are not those that the ledger holds: one was left out or put in."
            )
        self.said.append("%d signatures cover the content, files and metadata they were made on." % len(told))

    def say_limits(self):
        """What this program cannot know, said each time."""
        if not self.whole:
            self.said.append(
                "This is a slice: %d other entries stand here by their hash only. Nothing shown was altered, no change of a "
                "shown row and no revision is left out; that no hidden entry concerns these records (a refused look, a link, "
                "the latest signature) only the whole log can show." % (self.size - len(self.entries))
            )
        else:
            self.said.append("The whole log is here: no entry that concerns the records is left out.")
        self.said.append(
            "Compare the key of the log with one you had before, or give --policy and --checkpoint."
        )


def given(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read(MOST_NOTE)


def main(words):
    options = {"--policy": "", "--checkpoint": ""}
    path = ""
    while words:
        word = words.pop(0)
        if word in options and words:
            try:
                options[word] = given(words.pop(0))
            except (OSError, ValueError) as error:
                print("The file after %s cannot be read: %s." % (word, error))
                return 2
        elif not path and not word.startswith("-"):
            path = word
        else:
            print(__doc__)
            return 2
    return told(path or HERE, options["--policy"], options["--checkpoint"])


def told(path, policy, known):
    """Runs the check and prints it: what holds, what does not, the verdict. The exit code."""
    check = None
    try:
        check = Check(path, policy, known)
        check.run()
        findings = check.findings
    except Fault as fault:
        findings = (check.findings if check else []) + [str(fault)]
    except (
        KeyError,
        TypeError,
        AttributeError,
        ValueError,
        IndexError,
        RecursionError,
        MemoryError,
        OSError,
    ):
        findings = (check.findings if check else []) + [
            "A part of the bundle is not built as it must be; the check stopped."
        ]
    for sentence in (check.said if check else []) if not findings else []:
        say(sentence)
    for sentence in findings[:200]:
        say("FINDING: " + sentence)
    if len(findings) > 200:
        say("... and %d findings more." % (len(findings) - 200))
    say("This bundle does not hold: %d findings." % len(findings) if findings else "This bundle is whole.")
    return 1 if findings else 0


def say(sentence):
    """One line, whatever the terminal can show; nothing in a name moves the cursor."""
    plain = "".join(char if char.isprintable() else "?" for char in sentence)
    coding = sys.stdout.encoding or "ascii"
    print(plain.encode(coding, "replace").decode(coding))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
