"""The door of the command ``smsplan``, also as ``python -m smsplan``.

Where the packages are missing that commands need, it can still tell its version, and that.
"""

from __future__ import annotations

import sys

from smsplan import __version__
from smsplan.errors import NotInstalled, packages_needed


def main() -> None:
    """Run the command."""
    try:
        with packages_needed():
            from smsplan.cli import main as run
    except NotInstalled as error:
        if sys.argv[1:2] == ["--version"]:
            print(f"smsplan {__version__}")
            return
        print(f"error: {error}", file=sys.stderr)
        sys.exit(4)
    run()


if __name__ == "__main__":
    main()
