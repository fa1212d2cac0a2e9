"""Faults of a template that can be named before anything is sent."""
