"""The file that the owner of this server watches: what it held at each save, with the modules that it imports."""

from __future__ import annotations

from pathlib import Path

from explorer.watching.saves import Save
from explorer.watching.watcher import Watcher

__all__ = ["Save", "Watcher", "stop_watching", "watch", "watcher"]

_watchers: list[Watcher] = []


def watch(path: Path) -> Watcher:
    """Watch a file from now on, in place of any other."""
    stop_watching()
    _watchers.append(Watcher(path))
    _watchers[0].start()
    return _watchers[0]


def watcher() -> Watcher | None:
    """Who watches a file in this process; None if nobody does."""
    return _watchers[0] if _watchers else None


def stop_watching() -> None:
    """Watch no more."""
    while _watchers:
        _watchers.pop().stop()
