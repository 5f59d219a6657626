"""Lets `python -m indelible.cli` be the command `indelible`, for the supervisor's own children."""

from indelible.cli.main import main

main()
