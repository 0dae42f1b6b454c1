"""The processes of the running app, read from /proc."""

from __future__ import annotations

import time
from pathlib import Path

PROC = Path("/proc")


def children(pid: int) -> list[int]:
    """The processes whose parent is `pid`."""
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue  # it ended while we looked
            if parent == pid:
                found.append(int(entry.name))
    return sorted(found)


def template(server: int) -> int:
    """The process that workers are forked from: the first one, that of the project's own jobs."""
    return min(pid for pid in children(server) if "explorer.engine.processes.template" in command(pid))


def workers(server: int) -> list[int]:
    """The processes that do jobs."""
    return children(template(server))


def busiest(server: int) -> int:
    """The worker that computes most, three times in a row: one that is just being born computes, too, for a moment."""
    found: list[int] = []
    while len(found) < 3 or len(set(found[-3:])) > 1:
        before = {pid: ticks(pid) for pid in workers(server)}
        time.sleep(0.15)
        found.append(max(before, key=lambda pid: ticks(pid) - before[pid]))
    return found[-1]


def ticks(pid: int) -> int:
    """The processor time that a process has used; of one that has ended, none."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def command(pid: int) -> str:
    """How a process was started."""
    return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def threads(pid: int) -> int:
    """How many threads a process has."""
    return len(list((PROC / str(pid) / "task").iterdir()))


def maps(pid: int) -> str:
    """The files that a process has mapped into its memory."""
    return (PROC / str(pid) / "maps").read_text()
