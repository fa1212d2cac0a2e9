"""Cards turned into what prices many recipients at once."""
