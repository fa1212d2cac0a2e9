"""Commands that read a saved plan."""
