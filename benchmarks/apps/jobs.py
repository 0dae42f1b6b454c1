"""The engine's real jobs, and one that does nothing: what is left of its round trip is the engine's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from explorer.core import jobs

prepare, warm_up = jobs.prepare, jobs.warm_up


def perform(name: str, args: dict[str, Any], arrays: Mapping[str, Any], report: Callable[[float, str], None]) -> Any:
    """Do a job; `nothing` tells the worker's process id at once, `endless` never ends."""
    if name == "nothing":
        return {"pid": os.getpid()}, {}
    while name == "endless":
        pass
    return jobs.perform(name, args, arrays, report)
