"""What planned rows add up to: the summary, its findings, shares of a cost."""
