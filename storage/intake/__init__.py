"""Registers and transfer files: read, matched, turned into edits."""
