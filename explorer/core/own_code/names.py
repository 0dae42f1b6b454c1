"""Under which names typed code is known to Python."""

from __future__ import annotations

from explorer.experiment.experiment import OWN_FILE as FILE
from explorer.experiment.experiment import OWN_MODULE as MODULE

__all__ = ["FILE", "MODULE"]
