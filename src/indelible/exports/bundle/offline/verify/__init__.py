"""The parts of `verify.py`: reading a bundle safely, Ed25519, the ledger's formats, the records against the ledger."""
