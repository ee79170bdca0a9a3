"""Sync measured: ours beside the least that could carry the same records, and beside peers."""
