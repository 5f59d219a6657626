"""The one way in which a check fails: a sentence."""


class Fault(Exception):
    """Something about the bundle that is not as it must be; its text is a whole sentence for people."""
