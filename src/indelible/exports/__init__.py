"""Copies for people and inspectors: the printed true copy, the electronic copy and the trail as a table."""
