"""How much memory the app may take, and who gets which part of it.

What the machine has is what the kernel says, or less where a control group (a container) allows less.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from explorer.settings import Memory, OwnCode, settings

MIB = 1 << 20
_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")
_MACHINE = Path("/proc/meminfo")
_UNKNOWN = 4096 * MIB
"""What a machine is taken to have that does not tell."""
_MOTHER = 600 * MIB
"""What the process that workers are forked from takes, shared with all of them."""
_WORKER_FROM, _WORKER_TO = 640 * MIB, 2048 * MIB
"""A worker is worth having from the first number on; more than the second helps nobody."""
_MOST_WORKERS = 6
_RUN_FROM, _RUN_TO = 512 * MIB, 1024 * MIB
"""The same for a run of a visitor's code."""
_MOST_RUNS = 3


@dataclass(frozen=True)
class Shares:
    """Who gets how much, in bytes.

    Attributes:
        worker: how much one worker may take beyond what it has when it starts.
        workers: how many may compute at once; one more stands by.
        web: the web process, in all.
        messages: of that, what workers have sent and is still held: on its way, on a page, or kept for the next one.
    """

    worker: int
    workers: int
    web: int
    messages: int


@functools.cache
def shares() -> Shares:
    """The shares on this machine, by the operator's settings."""
    return shared(machine(), settings().memory)


def shared(total: int, memory: Memory) -> Shares:
    """The shares of a machine with that much memory."""
    web = memory.web_mib * MIB
    left = max(0, int(total * memory.machine_percent / 100) - web - _MOTHER)
    standing = max(2, min(_MOST_WORKERS + 1, left // _WORKER_FROM))
    worker = max(_WORKER_FROM, min(_WORKER_TO, left // standing))
    return Shares(worker, standing - 1, web, web // 4)


@functools.cache
def own_code_shares() -> tuple[int, int]:
    """For code of visitors: how many bytes a run may take beyond what it starts with, and how many run at once."""
    return own_code_shared(machine(), settings().own_code)


def own_code_shared(total: int, own_code: OwnCode) -> tuple[int, int]:
    """The same for a machine with that much memory."""
    left = max(0, int(total * own_code.machine_percent / 100) - _MOTHER)
    runs = max(1, min(_MOST_RUNS, left // _RUN_FROM))
    return max(_RUN_FROM // 2, min(_RUN_TO, left // runs)), runs


def machine() -> int:
    """The memory that there is for this process and all others of its control group, in bytes."""
    return min(_limits(), default=_UNKNOWN)


def _limits() -> Iterator[int]:
    for line in _lines(_MACHINE):
        if line.startswith("MemTotal:"):
            yield int(line.split()[1]) * 1024
    for line in _lines(_OWN_GROUPS):
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            yield from _of_group(_GROUPS, group, "memory.max")
        elif "memory" in controllers.split(","):
            yield from _of_group(_GROUPS / "memory", group, "memory.limit_in_bytes")


def _of_group(root: Path, group: str, name: str) -> Iterator[int]:
    """The limits of a group and of those above it. In a container the path may be the host's: then the root counts."""
    inside = (root / group.lstrip("/")).resolve()
    for directory in (inside, *inside.parents):
        yield from (int(line) for line in _lines(directory / name) if line.strip().isdigit())
        if directory == root:
            return
    yield from (int(line) for line in _lines(root / name) if line.strip().isdigit())


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
