"""``python -m smsplan`` is the command ``smsplan``."""

from smsplan.cli import main

main()
