"""The inspection bundle: records with the proof that nobody altered them, checked without this product (interface.md 5)."""
