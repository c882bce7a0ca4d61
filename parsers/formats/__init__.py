"""Text formats: one small file a family, each a declaration with its own sample lines."""
