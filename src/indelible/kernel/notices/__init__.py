"""Urgent notices: what looks like misuse of an identity, told to the security unit at once and to management when nobody answers."""
