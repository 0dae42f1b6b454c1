"""Typical mistakes of people who write their first layers: small layers, each wrong in one known way.

A module a mistake, named as the mistake's id; its classes marked with `wrong` are the variations. Discovered.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from tests.mistakes.case import Case

PLUMBING = ("__init__", "case", "provoke")


def cases() -> list[Case]:
    """All variations of all mistakes, in the order of their names."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem in PLUMBING:
            continue
        module = importlib.import_module(f"{__name__}.{path.stem}")
        for value in vars(module).values():
            case = vars(value).get("mistake") if isinstance(value, type) else None
            if isinstance(case, Case) and value.__module__ == module.__name__:
                found.append(case)
    return found
