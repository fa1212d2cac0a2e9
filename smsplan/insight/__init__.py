"""Reasons as data: what a plan adds up to, and why."""
