"""Tests of the room workflow."""
