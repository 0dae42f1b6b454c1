"""The app's pages and panels. A page or a panel is one file that calls `page` or `panel`; it is found, not listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from explorer.registry import Registry


@dataclass(frozen=True)
class View:
    """A page of the app, or a panel below the picture.

    Attributes:
        name: its place in the address, and its key.
        title: its heading (an English msgid).
        show: draws it. A page takes nothing; a panel takes a `explorer.views.panels.Scene`.
        order: pages and panels are shown in this order.
        icon: a Material icon, for pages.
        group: one of `GROUPS`, for panels.
        fits: whether a panel has something to say about a scene, or a page (which is asked without one) may be opened.
    """

    name: str
    title: str
    show: Callable[..., None]
    order: int
    icon: str = ""
    group: str = ""
    fits: Callable[..., bool] = lambda *scene: True


GROUPS = {"understand": "Understand", "closer": "Look closer", "check": "Check", "take": "Take away"}
"""What a reader may want of the panels, in the order in which it is offered (English msgids)."""

PAGES: Registry[View] = Registry("explorer.views.pages")
PANELS: Registry[View] = Registry("explorer.views.panels")


def page(
    name: str, title: str, show: Callable[..., None], *, order: int, icon: str, fits: Callable[[], bool] = lambda: True
) -> None:
    """Register a page. The attributes are those of a `View`."""
    PAGES.add(name, View(name, title, show, order, icon, fits=fits))


def panel(
    name: str,
    title: str,
    show: Callable[..., None],
    *,
    order: int,
    group: str = "closer",
    fits: Callable[[Any], bool] = lambda scene: True,
) -> None:
    """Register a panel. The attributes are those of a `View`."""
    if group not in GROUPS:
        raise ValueError(f"Panel {name!r}: group must be one of {list(GROUPS)}. Received: {group!r}")
    PANELS.add(name, View(name, title, show, order, group=group, fits=fits))


def in_order(views: Registry[View]) -> list[View]:
    """The pages or the panels, in the order in which they are shown."""
    return sorted(views.all().values(), key=lambda view: (view.order, view.name))
