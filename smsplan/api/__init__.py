"""The provider's API as values: batches, the dry run (the reference), what an update changes."""
