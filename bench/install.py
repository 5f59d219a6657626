"""Installs the product into the database of INDELIBLE_HOME as its owner: `python -m bench.install`."""

from __future__ import annotations

import sys

import django


def main() -> int:
    """The same step that `indelible init` takes, without people."""
    django.setup()
    from indelible.cli.installing import install_at
    from indelible.home.layout import find_home
    from indelible.home.postgres import Server

    install_at(Server(find_home()).url("owner"), reason="scratch installation of the benchmark")
    return 0


if __name__ == "__main__":
    sys.exit(main())
