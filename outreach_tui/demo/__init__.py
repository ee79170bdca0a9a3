"""The demo: invented people only, brought in through the real importers and edits."""
