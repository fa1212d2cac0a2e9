"""Commands that speak with an account, and its sandbox."""
