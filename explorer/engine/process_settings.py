"""What Python holds once for a whole process, whoever changes it. Read without Keras, and cheap to compare."""

from __future__ import annotations

import builtins
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Part = tuple[Any, ...]


def _mask_of_files() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


_SIGNALS = tuple(sorted(signal.valid_signals()))
SETTINGS: Mapping[str, Callable[[], Part]] = {
    "builtins": lambda: tuple(value for name, value in vars(builtins).items() if name != "_"),
    "environment": lambda: (dict(os.environ._data),),  # type: ignore[attr-defined]  # undecoded: ten times faster
    "working directory": lambda: (Path.cwd(),),
    "umask": lambda: (_mask_of_files(),),
    "signal handlers": lambda: tuple(map(signal.getsignal, _SIGNALS)),
    "sys.path": lambda: tuple(sys.path),
    "warnings.filters": lambda: tuple(warnings.filters),
    "Python's threads": lambda: (threading.active_count(),),
    "recursion limit": lambda: (sys.getrecursionlimit(),),
    "hooks": lambda: (sys.gettrace(), sys.getprofile(), sys.stdout, sys.stderr, sys.excepthook, *sys.meta_path),
}
"""Each part by its name. The working directory's failure to exist is the reader's."""
