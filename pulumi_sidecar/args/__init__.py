"""What users may ask for: models, and TypedDicts of the same shape."""
