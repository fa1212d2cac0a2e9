"""Whole columns of texts: what each message takes, and why."""
