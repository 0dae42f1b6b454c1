"""Typical mistakes of layers, recognised from what they raise or from the source."""

from __future__ import annotations

from explorer.core.mistakes.diagnose import blamed, diagnose, suspects
from explorer.core.mistakes.diagnosis import Diagnosis

__all__ = ["Diagnosis", "blamed", "diagnose", "suspects"]
