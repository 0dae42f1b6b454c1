"""What is the machine's fault, not a layer's: a full disk, too many open files."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

from explorer.model.trace import Message

_FULL = Message("The disk of the machine is full: a file could not be written. The layer is not to blame.")
_FILES = Message("The machine has too many open files. The layer is not to blame.")
_FAULTS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: Message("A file became larger than the machine allows. The layer is not to blame."),
    errno.EROFS: Message("The machine does not allow files to be written. The layer is not to blame."),
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
}
_met: set[str] = set()
_NO_FOLDER = "No usable temporary directory"
"""What Python says where no file can be written at all."""


class MachineAtFault(Exception):
    """A calculation could not be made for a reason that lies in the machine."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


def machine_fault(error: BaseException) -> Message | None:
    """What the machine lacked, if that is behind an exception; else None."""
    fault = _fault(error)
    if fault is not None:
        _met.add(str(fault))
    return fault


def faults_met() -> tuple[str, ...]:
    """What the machine lacked since this was asked last. Libraries for files may not be whole after it."""
    met = tuple(sorted(_met))
    _met.clear()
    return met


def _fault(error: BaseException) -> Message | None:
    for one in _chain(error):
        if isinstance(one, MachineAtFault):
            return one.why
        if isinstance(one, OSError):
            told = str(one)
            if _NO_FOLDER in told:
                return _FULL
            # The library of .h5 files gives the number in its text only.
            known = [fault for number, fault in _FAULTS.items() if one.errno == number or os.strerror(number) in told]
            if known:
                return known[0]
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
