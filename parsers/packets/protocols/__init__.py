"""The wire formats of application protocols: pure functions from bytes to fields.

They know nothing of captures. Any bytes may come in: what cannot be read is None or an empty value, never an exception,
and the work is bounded by the length of the input.
"""
