"""What the operating system does for the engine: threads counted, orphans taken along, limits set, output silenced.

Linux has all of it. Elsewhere the missing parts do nothing: a worker still ends when its channel closes.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LATER = 5
_ROUNDS = 3
_STATUS = Path("/proc/self/status")
_WORTH_COLLECTING = 16 << 20
_TASKS = Path("/proc/self/task")
_PROC = Path("/proc")


def thread_count() -> int:
    """How many threads the kernel sees in this process (elsewhere: how many Python sees)."""
    return sum(1 for _ in _TASKS.iterdir()) if _TASKS.is_dir() else threading.active_count()


def die_with(parent: int) -> None:
    """Let the kernel end this process when the thread that made it ends; leave at once if `parent` is gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Python looks for no garbage in the block, and never at what is there at its end.

    Importing TensorFlow makes millions of objects and gives up few of them: looking for them takes a fifth of its time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextlib.contextmanager
def orphans_adopted() -> Iterator[None]:
    """Processes whose parent ends in the block become children of this one, however they hide, and end with the block.

    Other threads must start no process meanwhile.
    """
    if sys.platform != "linux":
        yield
        return
    before = children()
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        while orphans := children() - before:
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError, ChildProcessError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def children() -> set[int]:
    """The processes whose parent is this one."""
    found = set()
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):  # it ended while we looked
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid():
                    found.add(int(entry.name))
    return found


def end_group(leader: int) -> None:
    """End a process that was started in a session of its own, and what it started there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def give_way(pid: int, slow: bool) -> None:
    """Let other processes go before a slow one, which gets about a third of what each of them gets.

    Not less: where other programs take all processors, it would never end. To let it go earlier again needs a
    privilege. Without it the process stays so: nothing is lost but that a quick job in it waits for those beside it.
    """
    done: set[int] = set()
    for _ in range(_ROUNDS):  # threads may be born meanwhile; what a slow one starts is slow
        for thread in set(_threads(pid)) - done:
            with contextlib.suppress(OSError, AttributeError):
                os.setpriority(os.PRIO_PROCESS, thread, _LATER if slow else 0)
            done.add(thread)


def go_later(pid: int) -> None:
    """Let other processes go before a new one, which gets about a third of what each of them gets."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, pid, _LATER)


@contextlib.contextmanager
def going_later() -> Iterator[None]:
    """Let other threads and processes go before this thread while it is in the block.

    Only on Linux does a thread have a priority of its own. Where a priority cannot be raised again it stays low.
    """
    if sys.platform != "linux":
        yield
        return
    thread = threading.get_native_id()
    before = os.getpriority(os.PRIO_PROCESS, thread)
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, thread, max(before, _LATER))
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, before)


def processor_seconds(pid: int) -> float:
    """How long a process has computed, all its threads together; 0 if it has ended.

    The number of the clock is what clock_getcpuclockid(3) gives. Elsewhere than on Linux it is the time that
    passes: two calls differ by the seconds between them.
    """
    if sys.platform != "linux":
        return time.monotonic()
    with contextlib.suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)
    return 0.0


def _threads(pid: int) -> list[int]:
    """On Linux each thread of a process has a priority of its own."""
    tasks = _PROC / str(pid) / "task"
    with contextlib.suppress(OSError):  # it has ended
        return [int(task.name) for task in tasks.iterdir()]
    return [pid]


def tasks_of(user: int) -> int:
    """How many threads a user has, in all its processes."""
    found = 0
    for entry in _PROC.iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and entry.stat().st_uid == user:
                found += sum(1 for _ in (entry / "task").iterdir())
    return found


def _status() -> dict[str, str]:
    return dict(line.split(":", 1) for line in _STATUS.read_text().splitlines() if ":" in line)


def limit_memory(growth: int) -> None:
    """Let this process take at most `growth` bytes of address space more, write no core file, and be the kernel's first
    choice when memory runs out: a worker is cheap, the web process is not."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not _STATUS.exists():
        return
    limit = int(_status()["VmSize"].split()[0]) * 1024 + growth
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("900")


def silence() -> None:
    """Point standard input, output and error at nothing: what a layer prints goes nowhere, and never into a channel."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    if nothing > 2:
        os.close(nothing)


def close_all_but(keep: int) -> None:
    """Close every descriptor above standard error except one."""
    highest = os.sysconf("SC_OPEN_MAX")
    highest = min(highest, 65536) if highest > 0 else 65536
    os.closerange(3, keep)
    os.closerange(keep + 1, highest)


class Room:
    """Between two jobs: gives back what the last one left behind.

    Args:
        most: how many bytes may stay taken beyond those taken now.
    """

    def __init__(self, most: int) -> None:
        self._least = resident()
        self._seen = self._least
        self._most = most

    def made(self) -> bool:
        """Give memory back if the last job took much; whether little enough is taken now."""
        if resident() - self._seen >= _WORTH_COLLECTING:
            gc.collect()
            trim()
            self._seen = max(self._least, resident())
        return resident() - self._least <= self._most


def resident(pid: int | str = "self") -> int:
    """How many bytes of a process are in memory; 0 if it has ended, and where the system does not tell."""
    return _pages(pid)[1] * resource.getpagesize()


def own_memory(pid: int) -> int:
    """How many bytes of those are no file's.

    What a forked process still shares with its parent counts, so the difference of two moments is what it gathered.
    """
    _, in_memory, of_files = _pages(pid)
    return (in_memory - of_files) * resource.getpagesize()


def _pages(pid: int | str) -> tuple[int, int, int]:
    """Pages of a process: in all, in memory, and of those the ones of files. See statm in proc(5)."""
    with contextlib.suppress(OSError):
        in_all, in_memory, of_files, *_ = map(int, (_PROC / str(pid) / "statm").read_text().split())
        return in_all, in_memory, of_files
    return 0, 0, 0


def return_large_blocks() -> None:
    """Let each larger piece of memory go back to the system the moment it is freed.

    By itself glibc learns from the pieces that a program frees to keep them, up to 32 MiB each: a process that holds
    pictures now and then never becomes small again. See mallopt(3): the threshold no longer moves once it is set.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in ((_M_MMAP_THRESHOLD, 1 << 18), (_M_TRIM_THRESHOLD, 1 << 17), (_M_ARENA_MAX, 2)):
            mallopt(option, value)


def trim() -> None:
    """Give freed memory back to the system, where its allocator can."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
