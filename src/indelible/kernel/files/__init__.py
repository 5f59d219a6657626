"""The room of bytes: every file by its SHA-256, written once, verified on each read."""
