"""Bytes to Arrow tables: identifies what a file of the bundle is and reads it."""
