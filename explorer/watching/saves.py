"""The saves of a file, the newest ones of a bounded number."""

from __future__ import annotations

import difflib
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

MOST = 200
"""So many saves are kept."""
MOST_BYTES = 8 << 20
"""What their texts may take together."""


@dataclass(frozen=True)
class Save:
    """What a file held.

    Attributes:
        number: counts the saves, from 1.
        at: when it was seen.
        code: the text, with the modules that it imports (`explorer.experiment.own_files`).
    """

    number: int
    at: datetime
    code: str


class Saves:
    """Keeps them; any thread may ask."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._saves: OrderedDict[int, Save] = OrderedDict()
        self._digests: dict[int, bytes] = {}
        self._lock = threading.Lock()

    def add(self, code: str) -> None:
        """Keep a text as the newest save, unless the newest one has it. The oldest go when there are too many."""
        with self._lock:
            newest = next(reversed(self._saves.values()), None)
            if newest is not None and newest.code == code:
                return
            number = newest.number + 1 if newest is not None else 1
            self._saves[number] = Save(number, datetime.now(), code)
            self._digests[number] = _digest(code)
            while len(self._saves) > 1 and (len(self._saves) > self._most or self._size() > self._most_bytes):
                gone, _ = self._saves.popitem(last=False)
                del self._digests[gone]

    def all(self) -> tuple[Save, ...]:
        """Those that are kept, the newest last."""
        with self._lock:
            return tuple(self._saves.values())

    def knows(self, code: str) -> bool:
        """Whether a save that is kept has this text."""
        with self._lock:
            return _digest(code) in self._digests.values()

    def _size(self) -> int:
        return sum(len(save.code.encode()) for save in self._saves.values())


def source_difference(before: str, after: str) -> str:
    """What tells two texts apart, as a unified difference without its heading; "" if nothing does."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


def first_changed_line(before: str, after: str) -> int:
    """The first line, from 1, of the second text that the first one has not at its place; 0 if they are equal."""
    if before == after:
        return 0
    old, new = before.splitlines(), after.splitlines()
    same = next(
        (n for n, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )
    return min(same + 1, max(1, len(new)))


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
