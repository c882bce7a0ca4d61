"""Renderers: one file a format, all with the same signature."""
