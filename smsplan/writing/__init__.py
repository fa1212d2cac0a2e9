"""Planned rows out: Parquet, CSV, folders of part files; whole or not at all."""
