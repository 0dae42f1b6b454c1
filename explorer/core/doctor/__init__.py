"""The doctor: what a correct Keras layer satisfies, tried on one layer.

To add a check, write one function, see `explorer.core.doctor.checks`.
"""

from __future__ import annotations

from explorer.core.doctor.examination import Cancelled, examine

__all__ = ["Cancelled", "examine"]
