"""The two things that can be wrong with a part of the log: its form, or its agreement with the rest."""


class LedgerFault(ValueError):  # noqa: N818 (a fault of the log, not of this program)
    """Anything that makes a part of the log unusable; the message is a plain sentence for a person."""


class Malformed(LedgerFault):
    """The bytes are not in the published form (never raised for well-formed bytes that are merely wrong)."""


class Mismatch(LedgerFault):
    """Well-formed, but a hash, a signature or a tree does not agree with the rest of the log."""
