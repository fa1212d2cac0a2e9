"""What every command prints over fixed inputs: ``python -m tests.recorded`` writes it anew."""
