"""The profile of an account, found by asking it."""
