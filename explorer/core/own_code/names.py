"""Under which names typed code is known to Python."""

from __future__ import annotations

MODULE = "your_layer"
FILE = "your_layer.py"
