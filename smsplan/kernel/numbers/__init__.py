"""Whole columns of numbers: MSISDNs, countries, ranges."""
