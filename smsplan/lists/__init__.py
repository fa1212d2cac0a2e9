"""The doors: one file a format or kind of frame, each read in batches of Arrow."""
