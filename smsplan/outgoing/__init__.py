"""A plan as the API's requests."""
