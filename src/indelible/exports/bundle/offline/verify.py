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

from verify import copies, ledger, signatures, standing, tables, trail  # noqa: E402
from verify.container import MOST_NOTE, Container  # noqa: E402
from verify.facts import Facts  # noqa: E402
from verify.faults import Fault  # noqa: E402
from verify.log import Log  # noqa: E402
from verify.seal_alone import SealAlone  # noqa: E402

FORMAT = "indelible-bundle/1"
MANIFEST, SEAL = "manifest.json", "manifest.seal"


class Check(Log):
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
        self.check_records()
        self.say_limits()

    def each(self, check, *given, name=""):
        """Makes a check; what it finds is kept, and the others go on."""
        try:
            check(*given)
        except Fault as fault:
            self.findings.append(str(fault))
        except (KeyError, TypeError, AttributeError, ValueError, IndexError):
            self.findings.append(
                "A part of the bundle is not built as it must be (%s)."
                % (name or check.__name__).replace("_", " ")
            )

    def gather(self, check, *given):
        """A check that tells of more than one thing; each sentence is kept."""
        self.each(lambda: self.findings.extend(check(*given)), name=check.__name__)

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

    # ------------------------------------------------------------- the records

    def check_records(self):
        """Each record, its revisions, trail and signatures against the entries; then the tables against the records."""
        self.facts, self.rest = Facts(self.entries, self.manifest["records"]), SealAlone()
        self.copies, self.contents, self.by_id, self.shown, self.told = [], {}, {}, {}, []
        for about in self.manifest["records"]:
            self.each(self.read_record, about)
            self.each(self.check_proof, about)
        self.each(self.read_signatures)
        for copy, about in self.copies:
            self.check_copy(copy, about)
        self.check_signatures()
        for check in (tables.check_records, tables.check_trail) if self.copies else ():
            self.gather(check, self.box, [copy for copy, _ in self.copies], self.rest)

    def read_record(self, about):
        """Opens one copy; its contents count only where the ledger holds their digests."""
        name = "records/%s.json" % about["number"]
        copy = self.box.json(name, dict)
        if copy["record"]["number"] != about["number"]:
            raise Fault("%s is the copy of another record." % name)
        self.copies.append((copy, about))
        for one in copy["signatures"]:
            self.shown[one["id"]] = dict(one, record=about["number"])
        self.contents[about["number"]] = copies.contents_of(copy, about, self.facts)
        self.by_id[str(about["id"])] = self.contents[about["number"]]
        if self.contents[about["number"]][copy["record"]["revision"]]["fields"] != copy["record"]["fields"]:
            raise Fault("%s: the fields it shows are not those of its newest revision." % about["number"])
        if "records/%s.pdf" % about["number"] not in self.box.sizes:
            raise Fault("The printed copy of %s is missing." % about["number"])

    def check_copy(self, copy, about):
        if copy["record"].get("signatures") != copy["signatures"]:
            self.findings.append("%s: its signatures stand twice in the copy, and differ." % about["number"])
        for check in (copies.check_record, copies.check_people, copies.check_links):
            self.gather(check, copy, about, self.facts, self.rest)
        self.gather(copies.check_files, copy, about, self.facts, self.box.sizes, self.rest)
        if about["number"] not in self.contents:
            return  # what its revisions say is not proven: that stands among the findings
        self.gather(copies.check_revisions, copy, about, self.facts)
        self.gather(trail.check, copy, about, self.facts, self.by_id, self.rest)
        self.gather(
            standing.check, about, self.told, self.facts, self.contents, self.shown, self.box, self.rest
        )

    def check_proof(self, about):
        """The record's own .tlog-proof: of its newest row entry, under the same checkpoint."""
        name = "ledger/proofs/%s.tlog-proof" % about["number"]
        index, path, rest = ledger.proof_file(self.box.text(name, MOST_NOTE), name)
        if rest != self.box.text("ledger/checkpoint", MOST_NOTE):
            raise Fault("%s holds another checkpoint." % name)
        rows = self.facts.of_row("records_record", about["id"])
        if not rows or rows[-1]["_seq"] != index:
            raise Fault("%s does not prove the newest entry of the record." % name)
        leaf = self.leaves[index * 32 : index * 32 + 32]
        ledger.check_inclusion(leaf, index, self.size, path, self.root, name)

    def read_signatures(self):
        self.told = self.box.json("signatures.json", list)

    def check_signatures(self):
        for one in self.told:
            self.each(signatures.check_signature, one, self.facts, self.contents, self.shown, self.box.sizes)
            self.gather(signatures.check_making, one, self.facts)
            self.gather(signatures.check_shown, one, self.shown, self.rest)
            self.each(signatures.check_withdrawal, one, self.told, self.facts, self.shown)
        ids = [one.get("id") for one in self.told]
        if sorted(self.shown) != sorted(ids):
            self.findings.append(
                "The copies of the records do not show the signatures that signatures.json holds."
            )
        held = {one.get("pk") for one in self.facts.rows.get("signatures_signature", ())}
        if held != {str(one) for one in ids}:
            self.findings.append(
                "The signatures are not those that the ledger holds: one was left out or put in."
            )
        self.said.append("%d signatures cover the content, files and metadata they were made on." % len(ids))

    def say_limits(self):
        """What this program cannot know, said each time."""
        self.rest.part("records/*.pdf", "every word")
        self.rest.part("manifest.json", "what it says of its making (purpose, for, made_by, made_at, query)")
        self.said.extend(self.rest.sentences())
        if not self.whole:
            self.said.append(
                "This is a slice: %d other entries stand here by their hash only. Nothing that these entries tell was altered, no change of a "
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
