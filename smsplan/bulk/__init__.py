"""All recipients at once, on Arrow: the doors, the kernel and the stages behind it."""
