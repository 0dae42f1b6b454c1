"""The corpus: every `Healthy` at the top of a module of this folder."""

from __future__ import annotations

import importlib
import pkgutil

from tests import healthy
from tests.healthy.case import Healthy


def corpus() -> dict[str, Healthy]:
    """The cases by name, in the order of their files."""
    found: dict[str, Healthy] = {}
    for module in sorted(pkgutil.iter_modules(healthy.__path__), key=lambda info: info.name):
        if module.name.startswith("test_"):
            continue
        for value in vars(importlib.import_module(f"tests.healthy.{module.name}")).values():
            if isinstance(value, Healthy):
                name = f"{module.name}-{value.name}" if value.name else module.name
                if name in found:
                    raise ValueError(f"Expected one case of the name {name}. Received two.")
                found[name] = value
    return found
