"""The log itself: entries, leaves, tree, proofs, signed checkpoints, tiles. Pure Python; no Django, no database.

A stranger can run this room alone: it needs the standard library and, for Ed25519, `cryptography`.
Formats: RFC 6962 section 2.1 and the C2SP texts signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles.
"""
