"""The same kernel in processes of its own, and on Spark."""
