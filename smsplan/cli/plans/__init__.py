"""Commands that begin with a list or a text."""
