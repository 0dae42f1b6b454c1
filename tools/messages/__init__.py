"""Keeps the Korean catalogue complete: `python -m tools.messages` finds every text that a reader can meet."""
