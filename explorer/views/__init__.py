"""The app's pages and panels. A page or panel is one file here that states `VIEW`; it is discovered, not listed."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class View:
    """A page of the app, or a panel below the picture.

    Attributes:
        name: its place in the address, and its key.
        title: its heading (an English msgid).
        show: draws it. A page takes nothing; a panel takes a `explorer.views.panels.Scene`.
        order: pages and panels are shown in this order.
        icon: a Material icon, for pages.
        fits: whether a panel has something to say about a scene.
    """

    name: str
    title: str
    show: Callable[..., None]
    order: int = 100
    icon: str = ""
    fits: Callable[[Any], bool] = lambda scene: True


@functools.cache
def discover(package: str) -> tuple[View, ...]:
    """The views that the modules of a package state, in their order."""
    home = importlib.import_module(package)
    modules = [importlib.import_module(f"{package}.{found.name}") for found in pkgutil.iter_modules(home.__path__)]
    views = [module.VIEW for module in modules if hasattr(module, "VIEW")]
    return tuple(sorted(views, key=lambda view: (view.order, view.name)))
