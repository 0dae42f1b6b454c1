"""Things that are found, not listed: checks, explainers, panels and the like stand in a file each of some package.

Such a file registers its thing while it is imported, and asking the registry for all of them imports every file.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Registry(Generic[Thing]):
    """What the modules of one package (or one module) register by name.

    Args:
        package: where the things are registered, "explorer.core.doctor.checks".
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._things: dict[str, Thing] = {}
        self._homes: dict[str, str] = {}
        self._ordered: Mapping[str, Thing] | None = None
        self._complete = False

    def add(self, name: str, thing: Thing) -> None:
        """Register a thing.

        Raises:
            ValueError: if the name is taken.
        """
        if name in self._things:
            raise ValueError(f"{self._package}: expected one thing named {name!r}. Received: two.")
        self._things[name], self._homes[name], self._ordered = thing, self._home(), None

    def _home(self) -> str:
        """The module of the package that registers something now; "" if none does."""
        frame = sys._getframe(2)
        while frame is not None and not str(frame.f_globals.get("__name__")).startswith(f"{self._package}."):
            frame = frame.f_back  # type: ignore[assignment]
        return str(frame.f_globals["__name__"]) if frame is not None else ""

    def remove(self, name: str) -> None:
        """Take back what was added, as a test does."""
        del self._things[name], self._homes[name]
        self._ordered = None

    def all(self) -> Mapping[str, Thing]:
        """Every thing by its name, in the order of the modules' names and then of their lines, whatever was imported
        first.
        """
        if not self._complete:
            home = importlib.import_module(self._package)
            for name in sorted(found.name for found in pkgutil.iter_modules(getattr(home, "__path__", ()))):
                importlib.import_module(f"{self._package}.{name}")
            self._complete = True
        if self._ordered is None:
            self._ordered = MappingProxyType(dict(sorted(self._things.items(), key=lambda one: self._homes[one[0]])))
        return self._ordered
