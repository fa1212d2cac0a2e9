"""Rate cards in bulk."""
