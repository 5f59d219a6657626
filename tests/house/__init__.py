"""Tests about the building itself: what import contracts cannot show (architecture.md 3)."""
