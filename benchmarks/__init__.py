"""The speed claims, each with the command that shows it: ``make bench``, ``make bench-quick``."""
