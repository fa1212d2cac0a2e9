"""The door of the command ``smsplan``, also as ``python -m smsplan``.

Where the packages are missing that commands need, it can still tell its version, and that.
"""

from __future__ import annotations

import sys

from smsplan.errors import NotInstalled, packages_needed
from smsplan.version import VERSION


def main() -> None:
    """Run the command."""
    try:
        with packages_needed():
            from smsplan.cli import main as run
    except NotInstalled as error:
        if sys.argv[1:2] == ["--version"]:
            print(f"smsplan {VERSION}")
            return
        print(f"error: {error}", file=sys.stderr)
        sys.exit(4)
    run()


if __name__ == "__main__":
    main()
