"""The ledger's part of a bundle: checkpoint, tree, time stamps, the entries and who attested them."""

from verify import ledger, records
from verify.container import MOST_NOTE, parsed
from verify.faults import Fault

LOST_IDS = 1 << 62  # an entry numbered from here on stands in the place of one that was lost in a restore


class Log:
    """The checks of a run that concern the log itself; `box`, `manifest`, `log`, `findings`, `said` are the run's."""

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
