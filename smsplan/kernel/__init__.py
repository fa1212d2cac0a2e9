"""All recipients at once: numbers, texts, parts, prices and duplicates of whole columns."""
