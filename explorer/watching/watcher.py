"""Follows a file and the modules beside it: a thread looks at them many times a second.

It asks for their times and sizes, which costs a few microseconds a file and works on every file system, over a network
and in a container's mounted folder, too, where the system's notices of changes do not arrive.
"""

from __future__ import annotations

import threading
from pathlib import Path

from explorer.experiment.experiment import MAX_CODE
from explorer.experiment.own_files import joined
from explorer.model.problem import Problem
from explorer.watching.reading import modules_beside, signature, text_of
from explorer.watching.saves import Save, Saves

LOOK_EVERY = 0.05
"""Seconds. A file that is being written when it is looked at is read when it has stayed the same that long."""


class Watcher:
    """Keeps what a file holds at each save.

    Attributes:
        path: the file.
        problem: why its newest content could not be taken; None if it was.
    """

    def __init__(self, path: Path, saves: Saves | None = None) -> None:
        self.path = path.resolve()
        self.problem: Problem | None = None
        self._saves = saves or Saves()
        self._beside: dict[str, str] = {}
        self._seen: tuple[object, ...] | None = None
        self._taken: tuple[object, ...] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="watcher", daemon=True)

    def start(self) -> None:
        """Take what the file holds now, and follow it."""
        self.look()
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """Follow it no more."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Take what the files hold, if one was written and none is being written any more."""
        before, self._seen = self._seen, signature(self.path, self._beside)
        if self._seen != before or self._seen == self._taken or self._seen[0] is None:
            return
        self._taken = self._seen
        try:
            self._take()
            self.problem = None
        except Problem as problem:
            self.problem = problem

    def _take(self) -> None:
        """Keep the text. Modules that it did not import before are followed from now on."""
        text = text_of(self.path)
        found = modules_beside(self.path, text, self._beside)
        if set(found) != set(self._beside):
            self._taken = self._seen = signature(self.path, found)
        self._beside = found
        code = joined(text, found)
        if len(code) > MAX_CODE:
            raise Problem("Code is a text of bounded length.", f"<= {MAX_CODE:,}", f"{len(code):,}", "code")
        self._saves.add(code)

    def _follow(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            self.look()

    @property
    def saves(self) -> tuple[Save, ...]:
        """The saves that are kept, the newest last; none if the file could not be read yet."""
        return self._saves.all()

    def knows(self, code: str) -> bool:
        """Whether a save that is kept has this text."""
        return self._saves.knows(code)
