"""Reconciling a laptop with the central record."""
