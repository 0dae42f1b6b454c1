"""The processes of the running app, read from /proc."""

from __future__ import annotations

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


def mother(server: int) -> int:
    """The process that workers are forked from."""
    [found] = [pid for pid in children(server) if "explorer.engine.mother" in command(pid)]
    return found


def workers(server: int) -> list[int]:
    """The processes that do jobs."""
    return children(mother(server))


def command(pid: int) -> str:
    """How a process was started."""
    return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def threads(pid: int) -> int:
    """How many threads a process has."""
    return len(list((PROC / str(pid) / "task").iterdir()))


def maps(pid: int) -> str:
    """The files that a process has mapped into its memory."""
    return (PROC / str(pid) / "maps").read_text()
