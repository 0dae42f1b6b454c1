"""What keeps a worker in its place, should a job ever do what it must not: no network, no files but the program's, no
other process, a user and a temporary folder of its own.

Linux has all of it. Elsewhere, or where the kernel lacks a part, a worker runs without that part and says so; the
engine writes it into the log. A wall comes after the fork and before the first operation, while there is one thread.
"""

from __future__ import annotations

import os
import resource
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from explorer.engine import configuration, process
from explorer.engine.processes import kernel

MAX_FILE_BYTES = 1 << 30
"""The largest file that a worker may write."""
MAX_FILES = 256
"""How many files a worker may have open."""
MAX_THREADS = 256
"""How many threads and processes a worker may have, where its user is its own."""
_FIRST_USER, _USERS = 61_200, 4_000
"""Users that no system gives to anybody: a worker takes one by the number of its process."""
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat",
    "/proc/sys", "/proc/self", "/sys/devices/system", "/sys/fs/cgroup", "/dev/urandom",
)  # fmt: skip
"""What a program reads of the system beside its own files."""


class AsFarAsPossible:
    """The walls around an ordinary worker. Its jobs are the project's own; a part that is missing is told.

    Args:
        folder: the only one that it may write to.
        growth: how many bytes it may take beyond what it starts with.
        template: the process that it was forked from.
    """

    def __init__(self, folder: Path, growth: int, template: int) -> None:
        self._folder = folder
        self._growth = growth
        self._template = template

    def before_threads(self) -> tuple[str, ...]:
        """Build the walls, while there is one thread. What could not be had."""
        missing = confine(self._folder)
        process.die_with(self._template)  # after the walls: the kernel forgets this when a process takes another user
        process.limit_memory(self._growth)
        return missing

    def before_jobs(self) -> None:
        """All of them stand by now."""


def confine(folder: Path) -> tuple[str, ...]:
    """Confine this process for good.

    Args:
        folder: the only one that it may write to; it becomes its home and the place of its temporary files.

    Returns:
        What could not be had: one text for each wall that is missing, with the reason.
    """
    settle(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_FILES, MAX_FILES))
    if sys.platform != "linux":
        return (f"network, files, user: not on {sys.platform}",)
    missing = [_tried("user", lambda: _take_user(folder)), _tried("privileges", kernel.no_new_privileges)]
    missing += [_tried("files", lambda: kernel.restrict_files(program(), (folder, Path(os.devnull))))]
    missing += [_tried("network", kernel.refuse_calls)]
    return tuple(filter(None, missing))


def program() -> list[Path]:
    """Where the program's own files are, and what it reads of the system."""
    own = [configuration.ROOT, Path(sys.prefix), Path(sys.base_prefix), *(Path(entry) for entry in sys.path if entry)]
    return [*own, *map(Path, _SYSTEM)]


def packages() -> list[Path]:
    """The folders of what was installed: under a strict umask they are closed where the folder above is open."""
    files = (
        getattr(sys.modules.get(name), "__file__", None) for name in ("explorer", "layers", *configuration.FRAMEWORKS)
    )
    return [Path(file).parent for file in files if file]


def _tried(wall: str, build: Callable[[], None]) -> str:
    try:
        build()
    except (OSError, ValueError) as error:
        return f"{wall}: {error.strerror if isinstance(error, OSError) and error.strerror else error}"
    return ""


def settle(folder: Path) -> None:
    """Make a folder this process's home, and the place of its temporary files."""
    os.chdir(folder)
    tempfile.tempdir = str(folder)
    os.environ.update({name: str(folder) for name in ("HOME", "TMPDIR")})


def _take_user(folder: Path) -> None:
    user = nobody()
    become(user, (*program(), *packages()), folder)
    resource.setrlimit(resource.RLIMIT_NPROC, (MAX_THREADS, MAX_THREADS))
    kernel.readable_by_others(True)  # else it could not read about itself in /proc


def nobody() -> int:
    """A user for this process that owns nothing.

    Raises:
        PermissionError: if it may not take one.
    """
    if os.geteuid() != 0:
        raise PermissionError("only root can give a worker a user of its own")
    return _FIRST_USER + os.getpid() % _USERS


def become(user: int, needed: Iterable[Path], folder: Path | None = None) -> None:
    """Be another user for good, with its group and no other, who owns a folder if there is one for it.

    Raises:
        PermissionError: if that one could not read what is needed.
    """
    closed = next((path for path in needed if path.exists() and not readable_by_all(path)), None)
    if closed is not None:
        raise PermissionError(f"another user could not read {closed}")
    if folder is not None:
        os.chown(folder, user, user)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def readable_by_all(path: Path) -> bool:
    """Whether every user may reach a path and read what is there."""
    path = path.resolve()
    needed = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
    return path.stat().st_mode & needed == needed and _reachable(path.parents)


def _reachable(parents: Iterable[Path]) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in parents)
