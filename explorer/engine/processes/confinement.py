"""What keeps a worker in its place, should a job ever do what it must not: no network, no files but the program's, no
other process, a user and a temporary folder of its own.

Linux has all of it. Elsewhere, or where the kernel lacks a part, a worker runs without that part and says so; the
engine writes it into the log. A wall comes after the fork and before the first operation, while there is one thread.
"""

from __future__ import annotations

import ctypes
import os
import resource
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from explorer.engine import configuration
from explorer.engine.processes import kernel

MAX_FILE_BYTES = 1 << 30
"""The largest file that a worker may write."""
MAX_FILES = 256
"""How many files a worker may have open."""
MAX_THREADS = 256
"""How many threads and processes a worker may have, where its user is its own."""
_FIRST_USER, _USERS = 61_200, 4_000
"""Users that no system gives to anybody: a worker takes one by the number of its process."""
_PR_SET_DUMPABLE = 4
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat",
    "/proc/sys", "/proc/self", "/sys/devices/system", "/sys/fs/cgroup", "/dev/urandom",
)  # fmt: skip
"""What a program reads of the system beside its own files."""


def confine(folder: Path) -> tuple[str, ...]:
    """Confine this process for good.

    Args:
        folder: the only one that it may write to; it becomes its home and the place of its temporary files.

    Returns:
        What could not be had: one text for each wall that is missing, with the reason.
    """
    _settle(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_FILES, MAX_FILES))
    if sys.platform != "linux":
        return (f"network, files, user: not on {sys.platform}",)
    missing = [_tried("user", lambda: _become_nobody(folder)), _tried("privileges", kernel.no_new_privileges)]
    missing += [_tried("files", lambda: kernel.restrict_files(program(), (folder, Path(os.devnull))))]
    missing += [_tried("network", kernel.restrict_calls)]
    return tuple(filter(None, missing))


def program() -> list[Path]:
    """Where the program's own files are, and what it reads of the system."""
    own = [configuration.ROOT, Path(sys.prefix), Path(sys.base_prefix), *(Path(entry) for entry in sys.path if entry)]
    return [*own, *map(Path, _SYSTEM)]


def _packages() -> list[Path]:
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


def _settle(folder: Path) -> None:
    os.chdir(folder)
    tempfile.tempdir = str(folder)
    os.environ.update({name: str(folder) for name in ("HOME", "TMPDIR")})


def _become_nobody(folder: Path) -> None:
    """Take a user that owns nothing but the folder, if this process may and its program stays readable.

    Raises:
        PermissionError: if it may not.
    """
    if os.geteuid() != 0:
        raise PermissionError("only root can give a worker a user of its own")
    needed = (*program(), *_packages())
    closed = next((path for path in needed if path.exists() and not readable_by_all(path)), None)
    if closed is not None:
        raise PermissionError(f"another user could not read {closed}")
    user = _FIRST_USER + os.getpid() % _USERS
    os.chown(folder, user, user)
    resource.setrlimit(resource.RLIMIT_NPROC, (MAX_THREADS, MAX_THREADS))
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # else it could not read about itself in /proc


def readable_by_all(path: Path) -> bool:
    """Whether every user may reach a path and read what is there."""
    path = path.resolve()
    needed = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
    return path.stat().st_mode & needed == needed and _reachable(path.parents)


def _reachable(parents: Iterable[Path]) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in parents)
