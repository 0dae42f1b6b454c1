"""The few statistics that the figures use."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

median = statistics.median


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * int(percent) // 100) - 1))]


def milliseconds(values: Sequence[float]) -> str:
    """Median and 95th percentile of values in milliseconds, in words."""
    return f"{_short(median(values))} ms (p95 {_short(percentile(values, 95))})"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"
