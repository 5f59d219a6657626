"""Tests of the exports room: true copies, printed and electronic, and the trail as a table."""
