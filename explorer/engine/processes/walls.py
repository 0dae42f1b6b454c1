"""The walls around a process that runs a visitor's code: all of them stand, or it runs nothing.

Before there is a second thread: no descriptor but the channel, a user of its own (where root started it), Landlock for
files. Then TensorFlow warms up, which needs more than code may have afterwards. Then the limits, and the allow-list of
system calls, which is the last wall: from then on the others cannot be moved. At the end the process tries to get out.

Where the kernel gives a process mounts of its own (root, or namespaces for users) it also sees no other file, and has a
small folder in memory to write to. That is one wall more, no other depends on it; without it there is nothing to write.

It stays in the web process's session and is a process group of its own. Linux gives sessions equal parts of the
processor, whatever the priorities in them are: a session of its own would take from the pages. The session's terminal
is out of reach, as all files are.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import layers
from explorer.engine import configuration, process
from explorer.engine.processes import confinement, kernel
from explorer.model.trace import Message

MAX_FOLDER = 16 << 20
"""Bytes of all files together that it may write, in memory."""
MAX_FILE = 8 << 20
"""Bytes of one of them."""
MAX_FILES = 64
"""How many files it may have open."""
MAX_THREADS = 64
"""How many threads it may start, and one for each processor: TensorFlow starts some for a data set."""
_SYSTEM = """
    /usr/lib /lib /lib64 /usr/share/zoneinfo /etc/ld.so.cache /etc/localtime /proc/cpuinfo /proc/meminfo
    /proc/self/cmdline /sys/devices/system/cpu /dev/urandom
"""
_LINKS = {Path("/proc/self/exe"): sys.executable}
"""What TensorFlow asks about this process when it starts."""
_REFUSALS = (errno.EACCES, errno.EPERM)


class Missing(Exception):
    """A wall does not stand."""


class Complete:
    """All walls.

    Args:
        folder: an empty folder of its own.
        growth: how many bytes of address space it may take beyond what it has when it is warm.
        seconds: of the processor that it may take then.
        template: the process that it was forked from.
    """

    def __init__(self, folder: Path, growth: int, seconds: float, template: int) -> None:
        self._folder = folder
        self._growth = growth
        self._seconds = seconds
        self._template = template
        self._memory = -1
        self._started = 0

    def before_threads(self) -> tuple[str, ...]:
        """Build the walls that bind one thread and those that it starts.

        Returns:
            What could not be had of what is no more than a further wall.
        Raises:
            OSError: if another one cannot be had.
        """
        os.setpgid(0, 0)
        self._memory = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)  # it cannot be opened later
        read = libraries()
        root = os.geteuid() == 0
        user = confinement.nobody() if root else os.geteuid()
        self._started = 0 if root else process.tasks_of(user)
        missing, write = self._see_only(read, user)
        if root:
            confinement.become(user, read)
        kernel.drop_capabilities()
        kernel.readable_by_others(False)
        process.die_with(self._template)
        kernel.no_new_privileges()
        kernel.restrict_files(read, (*write, Path(os.devnull)))
        return missing

    def before_jobs(self) -> None:
        """Build the rest, for all threads, and try to get out.

        Raises:
            OSError: if a wall cannot be had.
            Missing: if one lets something through.
        """
        self._limit()
        kernel.allow_only_listed_calls()
        for name, attempt in _attempts().items():
            if not _refused(attempt):
                raise Missing(f"this was not refused: {name}")

    def _see_only(self, read: list[Path], user: int) -> tuple[tuple[str, ...], tuple[Path, ...]]:
        """Other files vanish, if the kernel allows it. What is missing if not, and what may be written."""
        os.umask(0o022)
        try:
            kernel.see_only([*read, Path(os.devnull)], _LINKS, self._folder, MAX_FOLDER, user)
        except OSError as error:
            return (f"mounts of its own: {error.strerror}",), ()
        finally:
            os.umask(0o077)
            with contextlib.suppress(OSError):
                confinement.settle(self._folder)
        return (), (self._folder,)

    def _limit(self) -> None:
        pages = int(os.pread(self._memory, 100, 0).split()[0])
        os.close(self._memory)
        used = resource.getrusage(resource.RUSAGE_SELF)
        threads = self._started + MAX_THREADS + (os.cpu_count() or 1)
        for what, most in {
            resource.RLIMIT_AS: pages * resource.getpagesize() + self._growth,
            resource.RLIMIT_CPU: int(used.ru_utime + used.ru_stime + self._seconds) + 1,
            resource.RLIMIT_NPROC: threads,
            resource.RLIMIT_FSIZE: MAX_FILE,
            resource.RLIMIT_NOFILE: MAX_FILES,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_MEMLOCK: 0,
        }.items():
            resource.setrlimit(what, (most, most))


class Without:
    """No walls: for the code of the person whose machine it is."""

    def __init__(self, folder: Path, template: int) -> None:
        self._folder = folder
        self._template = template

    def before_threads(self) -> tuple[str, ...]:
        """There are none."""
        confinement.settle(self._folder)
        process.die_with(self._template)
        return ()

    def before_jobs(self) -> None:
        """There are none."""


def absent() -> Message | None:
    """Which wall this machine cannot build at all, in a reader's words; None if it may have all."""
    if sys.platform != "linux":
        return Message("Code of your own cannot be run here: only Linux has the walls that it needs.")
    for wall, version, least in (("Landlock", kernel.landlock, 1), ("seccomp", kernel.seccomp, 3)):
        with contextlib.suppress(OSError):
            if version() >= least:
                continue
        return Message("Code of your own cannot be run here: this machine lacks {wall}.", {"wall": wall})
    return None


def libraries() -> list[Path]:
    """What code may read: Python's and the project's modules, and what the system's libraries consist of."""
    entries = [Path(entry) for entry in sys.path if entry and Path(entry) != configuration.ROOT]
    own = [Path(module.__path__[0]) for module in (sys.modules["explorer"], layers)]
    found = [path for path in (*entries, *own, *map(Path, _SYSTEM.split())) if path.exists()]
    return [path for path in dict.fromkeys(found) if not any(above in found for above in path.parents)]


def _attempts() -> dict[str, Callable[[], object]]:
    """What leads out of a process, and must not."""
    return {
        "to read a file": lambda: Path(sys.executable).read_bytes(),
        "to list a folder": lambda: os.listdir("/"),  # noqa: PTH208
        "to write a file": lambda: (Path(configuration.__file__).parent / "written").touch(),
        "a socket": lambda: socket.socket().close(),
        "a process": _fork,
        "a program": lambda: os.execv("/none", ["none"]),
        "a signal": lambda: os.kill(os.getppid(), 0),
        "to look into a process": lambda: os.pidfd_open(os.getppid()),
        "a higher limit": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_FILES, MAX_FILES)),
    }


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError as error:
        return error.errno in _REFUSALS or isinstance(error, FileNotFoundError)
    except ValueError:  # what `setrlimit` says
        return True
    return False
