"""Log and diagnostic bundle analyzer: what is wrong, since when, how sure, where, and what to do."""

__version__ = "0.1.0"
