"""When a plan goes out, what was billed, and limits of both."""
