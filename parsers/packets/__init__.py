"""Packet captures."""
