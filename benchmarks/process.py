"""How much memory a process has."""

from __future__ import annotations

import contextlib
from pathlib import Path

MEBIBYTE = 1 << 20


def memory(pid: int | str = "self") -> tuple[float, float]:
    """Resident and proportional memory in MiB. Proportional: what is shared with other processes is divided by them.

    Raises:
        OSError: on a system without /proc.
    """
    fields = _fields(pid)
    return _mebibytes(fields["Rss"]), _mebibytes(fields["Pss"])


def private(pid: int | str = "self") -> float:
    """Memory in MiB that no other process shares.

    Raises:
        OSError: on a system without /proc, and if this process may not look.
    """
    fields = _fields(pid)
    return _mebibytes(fields["Private_Clean"]) + _mebibytes(fields["Private_Dirty"])


def _fields(pid: int | str) -> dict[str, str]:
    return dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])


def together(pid: int) -> float:
    """Proportional memory in MiB of a process and of its descendants."""
    total = 0.0
    for member in (pid, *descendants(pid)):
        with contextlib.suppress(OSError, KeyError):  # it ended while we looked
            total += memory(member)[1]
    return total


def descendants(pid: int, levels: int = 100) -> list[int]:
    """The processes that a process has started, those that they have started, and so on."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, level = [], [pid]
    for _ in range(levels):
        level = [child for parent in level for child in children.get(parent, [])]
        if not level:
            break
        found += level
    return found


def _mebibytes(field: str) -> float:
    return int(field.split()[0]) * 1024 / MEBIBYTE
