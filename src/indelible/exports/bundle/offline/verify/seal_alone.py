"""What of a bundle rests on the seal of the service's key alone, because no entry of the ledger in it tells it: said each time."""


class SealAlone:
    """Collects while the check goes on: `part` by file and name, `line` in a sentence's half; `sentences` says it all."""

    def __init__(self):
        self.parts, self.lines = {}, []

    def part(self, where, *names):
        """Parts of a file, each told once for all records."""
        kept = self.parts.setdefault(where, [])
        kept.extend(name for name in names if name not in kept)

    def line(self, told):
        """One value of one record."""
        if told not in self.lines:
            self.lines.append(told)

    def sentences(self):
        """What a reader must know: these are as the installation's service sealed them, no entry here bears them out."""
        for where in sorted(self.parts):
            yield "Rests on the seal alone, no entry read here tells it: in %s: %s." % (
                where,
                ", ".join(self.parts[where]),
            )
        for told in self.lines[:100]:
            yield "Rests on the seal alone, too: %s." % told
        if len(self.lines) > 100:
            yield "Rests on the seal alone, too: %d more values of this kind." % (len(self.lines) - 100)
