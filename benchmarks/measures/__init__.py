"""The measures. A file here that states `MEASURE` is found; there is no list to keep."""

from __future__ import annotations

import importlib
import pkgutil

from benchmarks.figure import Measure


def discover() -> dict[str, Measure]:
    """Every measure by its name, in the order in which they run.

    Raises:
        ValueError: if two of them share a name.
    """
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    measures = sorted((module.MEASURE for module in modules), key=lambda measure: (measure.order, measure.name))
    named = {measure.name: measure for measure in measures}
    if len(named) < len(measures):
        raise ValueError(f"Two measures share a name: {', '.join(measure.name for measure in measures)}")
    return named
