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
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return _mebibytes(fields["Rss"]), _mebibytes(fields["Pss"])


def together(pid: int) -> float:
    """Proportional memory in MiB of a process and of all that it has started, and they have."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it ended while we looked
                parents.setdefault(int((entry / "stat").read_text().rpartition(")")[2].split()[1]), []).append(
                    int(entry.name)
                )
    found, total = [pid], 0.0
    while found:
        member = found.pop()
        found += parents.get(member, [])
        with contextlib.suppress(OSError, KeyError):
            total += memory(member)[1]
    return total


def _mebibytes(field: str) -> float:
    return int(field.split()[0]) * 1024 / MEBIBYTE
