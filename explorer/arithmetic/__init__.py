"""The arithmetic of a recorded call: for one cell of one tensor, the operation written with its numbers. NumPy only."""

from __future__ import annotations

from explorer.arithmetic.entry import explain
from explorer.arithmetic.registry import explained_operations, explains

__all__ = ["explain", "explained_operations", "explains"]
