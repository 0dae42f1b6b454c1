"""What a test leaves behind for the next one: every test must leave the process as it found it.

Generators of random numbers and Keras's automatic names need not be restored: they start over before each test.
"""

from __future__ import annotations

import importlib
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from explorer.engine import configuration
from explorer.engine.process_settings import SETTINGS

PATIENCE = 10.0
"""Seconds for threads and processes that were told to end: only a loaded machine needs more than an instant."""
_PYTESTS_OWN = "PYTEST_CURRENT_TEST"
"""pytest sets it anew for every phase of a test."""
_PYTEST_RESTORES = ("warnings.filters",)
_THREADS = "Python's threads"
_TENSORFLOWS_OWN = ("__autograph_generated_file", "__pycache__")
"""Needed as long as the functions live that were made from it; TensorFlow removes it when the process ends."""


def start_over() -> None:
    """Start automatic names and Keras's and TensorFlow's random numbers over, if they are in use here."""
    if state := sys.modules.get("explorer.core.process_state"):
        kept = random.getstate(), np.random.get_state()  # these are pytest-randomly's
        state.tidy()
        random.setstate(kept[0])
        np.random.set_state(kept[1])


class Process:
    """This process before a test, to be compared with what the test made of it."""

    def __init__(self) -> None:
        self._world: Any = None
        self._modules = 0
        self._settings: dict[str, Any] = {}
        self._frameworks = frozenset[str]()
        self._children: list[int] = []
        self._threads = 0
        self._files: set[str] = set()

    def begin(self) -> None:
        """Remember the process as it is."""
        start_over()
        with _without_pytests_variable():
            if "explorer.core" in sys.modules:
                self._look_at_keras()
            else:
                self._settings = {name: read() for name, read in SETTINGS.items()}
                self._frameworks = _frameworks()
        self._children, self._threads = children(), threading.active_count()
        self._files = _temporary_files()

    def left(self) -> list[str]:
        """What is different now, each in a few words."""
        start_over()
        until = time.monotonic() + PATIENCE
        while (found := self._differences()) and _may_pass(found) and time.monotonic() < until:
            time.sleep(0.02)
        if found:
            self.forget()
        return found

    def forget(self) -> None:
        """Let the next test start from what it finds."""
        self._world = None

    def _look_at_keras(self) -> None:
        from explorer.core.process_state import World

        if not self._modules:
            _warm_up()
        if self._world is not None:
            self._world.begin()
        if self._world is None or len(sys.modules) != self._modules or self._world.changes():
            self._world = World()  # between tests, fixtures of modules come and go
            self._modules = len(sys.modules)

    def _differences(self) -> list[str]:
        with _without_pytests_variable():
            if self._world is not None:
                changed = list(self._world.changes())
            elif self._frameworks != _frameworks():
                changed = []  # importing one sets some of these
            else:
                changed = [name for name, before in self._settings.items() if SETTINGS[name]() != before]
        found = [name for name in changed if name not in _PYTEST_RESTORES]
        if _THREADS in found and threading.active_count() <= self._threads:
            found.remove(_THREADS)  # one of another test's has ended
        more = children()
        if len(more) > len(self._children):
            names = [_command(pid) for pid in set(more) - set(self._children)]
            found.append(f"child processes ({', '.join(names)})")
        if files := _temporary_files() - self._files:
            found.append(f"temporary files ({', '.join(sorted(files))})")
        return found


def _warm_up() -> None:
    """What is imported and registered when it is first needed: it would be told of the test that happens to come first.

    Workers do the same before they remember the process.
    """
    from explorer.core import jobs

    for name in configuration.modules(configuration.PRELOAD):
        importlib.import_module(name)
    jobs.warm_up()


def _frameworks() -> frozenset[str]:
    return frozenset(configuration.FRAMEWORKS) & sys.modules.keys()


def _may_pass(found: list[str]) -> bool:
    """Whether all of it ends by itself, or may: threads and processes take their time to end."""
    return all(name == _THREADS or name.startswith(("child processes", "temporary files")) for name in found)


@contextmanager
def _without_pytests_variable() -> Iterator[None]:
    kept = os.environ.pop(_PYTESTS_OWN, None)
    try:
        yield
    finally:
        if kept is not None:
            os.environ[_PYTESTS_OWN] = kept


def children() -> list[int]:
    """The processes that this one started and that were not waited for; where there is no /proc, none."""
    found: list[int] = []
    for thread in os.scandir("/proc/self/task") if Path("/proc/self/task").exists() else ():
        try:
            found += map(int, Path(thread.path, "children").read_text().split())
        except OSError:  # the thread has ended
            continue
    return found


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return str(pid)
    return f"{pid} {b' '.join(words[:4]).decode(errors='replace')[:80]}".strip()


def _temporary_files() -> set[str]:
    names = (entry.name for entry in os.scandir(tempfile.gettempdir()))
    return {name for name in names if not name.startswith(_TENSORFLOWS_OWN)}
