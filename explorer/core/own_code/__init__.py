"""A layer's code that a visitor typed: executed, its classes found, their inputs tried, its old lines recognised.

It is run as it stands. What it may touch is for the process to say in which this happens.
"""

from __future__ import annotations

from explorer.core.own_code.classes import own_card, own_classes
from explorer.core.own_code.loading import Loaded, loaded
from explorer.core.own_code.old import findings
from explorer.core.own_code.printing import captured

__all__ = ["Loaded", "captured", "findings", "loaded", "own_card", "own_classes"]
