"""What a plan would be were something else: shorter, replaced, other answers of the API."""
