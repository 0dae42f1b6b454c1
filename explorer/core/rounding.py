"""How fine the floating-point dtypes are, and where they end."""

from __future__ import annotations

MACHINE_EPSILON = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
"""The distance from 1 to the next number."""
LARGEST = {"float32": (2 - 2.0**-23) * 2.0**127, "float16": 65504.0, "bfloat16": (2 - 2.0**-7) * 2.0**127}
"""The largest finite number of a dtype narrower than float64; beyond it stands infinity."""
