"""Benchmarks, side by side with peers in one run: `make bench`. What they showed stands in docs/measured.md."""
