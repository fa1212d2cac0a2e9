"""``plan()``, ``compare()`` and ``estimate()``, and the plan that they make."""
