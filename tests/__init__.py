"""Tests mirror src/indelible; everything runs against a real PostgreSQL as indelible_app."""
