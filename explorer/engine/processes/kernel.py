"""Two of the Linux kernel's ways to confine a process for good: Landlock for files, seccomp for system calls.

Landlock binds the calling thread and those that it starts, so it comes before TensorFlow starts its own; seccomp binds
all threads. libseccomp knows the numbers of the calls on each processor and writes the filter. Landlock is three calls
made here: of its bindings one knows neither the network nor signals, and the others are a few months old.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import importlib
import os
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_CLONE_NEWNS, _CLONE_NEWUSER = 0x20000, 0x10000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
_CAPABILITIES_3 = 0x20080522
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ = (1 << 2) | (1 << 3)
"""Landlock's rights to read a file and to list a folder."""
_OF_A_FILE = (1 << 1) | (1 << 2) | (1 << 14)
"""Those that a single file can have, in use here: to write, to read and to shorten it."""
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights on files each version of Landlock knows; later ones know no more."""

_REFUSED = """
    socket socketpair io_uring_setup execve execveat ptrace process_vm_readv process_vm_writev pidfd_getfd
    pidfd_send_signal tkill rt_sigqueueinfo rt_tgsigqueueinfo bpf userfaultfd perf_event_open keyctl add_key request_key
    unshare setns mount
"""
"""System calls that reach beyond the process, none of which a job needs."""
_TO_ITSELF = ("kill", "tgkill")
"""Those that a process may only do to itself, as `abort` does."""
_MEMORY = "brk mmap mprotect munmap mremap madvise mbind membarrier"
_THREADS = """
    futex sched_yield sched_getaffinity sched_getparam sched_getscheduler set_robust_list rseq exit exit_group
"""  # without `rseq` and `set_robust_list` glibc aborts the process when a thread is born
_TIME = "nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times getrandom"
_SIGNALS = "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall"
_ITSELF = "getpid getppid gettid getuid geteuid getgid getegid uname sysinfo getrusage getcwd chdir umask"
_DESCRIPTORS = """
    read readv pread64 write writev pwrite64 lseek close close_range dup dup2 dup3 fstat ftruncate fsync fdatasync flock
    getdents64 poll ppoll select pselect6 recvfrom getsockopt getsockname
"""
_FILES = """
    stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat mkdir mkdirat rmdir unlink unlinkat
    rename renameat renameat2
"""  # Landlock says which: the libraries' to read, those of its own folder for everything
_ALLOWED = " ".join((_MEMORY, _THREADS, _TIME, _SIGNALS, _ITSELF, _DESCRIPTORS, _FILES))
"""What code of a visitor may ask of the kernel. Some more calls are allowed with some arguments; all others are not."""
_O_ACCMODE = 3
_MOST_FILES = 512
"""How many files and folders a process may have in the folder that `see_only` gives it, those of its root included."""
_ON_A_DESCRIPTOR = tuple(
    getattr(fcntl, f"F_{name}") for name in ("DUPFD", "DUPFD_CLOEXEC", "GETFD", "SETFD", "GETFL", "GETLK", "SETLK")
)
"""What may be done with a descriptor: to copy it, to look at it, to lock its file; never to have it send signals."""
_A_THREAD = 0x3D0F00
"""The flags of `clone` with which glibc starts a thread: everything is shared with the process, nothing is new."""


def no_new_privileges() -> None:
    """Whatever this process starts has no more rights than it has.

    Raises:
        OSError: if the kernel refuses.
    """
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def readable_by_others(readable: bool) -> None:
    """Whether processes of the same user may look into this one, and it into itself by way of /proc.

    Raises:
        OSError: if the kernel refuses.
    """
    _prctl(_PR_SET_DUMPABLE, int(readable))


def landlock() -> int:
    """The version of Landlock that the kernel has.

    Raises:
        OSError: if it has none.
    """
    return _syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))


def seccomp() -> int:
    """What libseccomp can do with this kernel, as a level of its own; from 3 on all that is needed here.

    Raises:
        OSError: if it is missing.
    """
    return int(_seccomp().get_api())


def see_only(paths: Iterable[Path], links: Mapping[Path, str], folder: Path, size: int, user: int) -> None:
    """Let this process see only these paths, where they are, and a user's folder that is empty and takes so many bytes.

    `links` are to be seen as well: what is told where each of them leads.

    What it writes lies in memory and goes with the process. Other paths do not exist for it, not even to be asked
    about, which Landlock would allow. This needs root, or a kernel that lets users have namespaces of their own.

    Raises:
        OSError: if the kernel refuses. The process may then be in a namespace of its own that shows what it saw before.
    """
    _unshare()
    _mount(None, Path("/"), None, _MS_REC | _MS_PRIVATE)
    options = f"size={size},nr_inodes={_MOST_FILES}"
    _mount("tmpfs", folder, "tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, f"{options},mode=755")
    root = folder / "root"
    for path in (*paths, folder):
        place = root / path.relative_to("/")
        if path.is_dir() or path == folder:
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        if path != folder:
            _mount(str(path), place, None, _MS_BIND | _MS_REC)
    for path, target in links.items():
        place = root / path.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
    own = root / folder.relative_to("/")
    _mount("tmpfs", own, "tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, f"{options},mode=700,uid={user},gid={user}")
    os.chroot(root)
    os.chdir(folder)


def _unshare() -> None:
    """Mounts of its own; for that, without being root, a table of users of its own, in which it is who it is."""
    user, group = os.geteuid(), os.getegid()
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_CLONE_NEWNS | (_CLONE_NEWUSER if user else 0)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if user:
        for name, text in {"setgroups": "deny", "uid_map": f"{user} {user} 1", "gid_map": f"{group} {group} 1"}.items():
            Path("/proc/self", name).write_text(text)


def _mount(source: str | None, place: Path, kind: str | None, flags: int, options: str | None = None) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    words = [word if word is None else word.encode() for word in (source, str(place), kind)]
    if library.mount(*words, ctypes.c_ulong(flags), options and options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mount {place}: {os.strerror(ctypes.get_errno())}")


def drop_capabilities() -> None:
    """Give up what root, or a table of users of its own, allows.

    Raises:
        OSError: if the kernel refuses.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if library.capset(struct.pack("=Ii", _CAPABILITIES_3, 0), bytes(24)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def restrict_files(read: Iterable[Path], write: Iterable[Path]) -> None:
    """Let this process open only what lies below these paths; those to write may be read as well.

    Raises:
        OSError: if the kernel has no Landlock.
    """
    version = landlock()
    rights = (1 << _RIGHTS[min(version, max(_RIGHTS))]) - 1
    network, scope = (0b11 if version >= 4 else 0), (0b11 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    attributes = ctypes.create_string_buffer(struct.pack("=QQQ", rights, network, scope)[:size], size)
    rules = _syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    for allowed, paths in ((_READ, read), (rights & ~1, write)):  # the first right is to run a program: nobody's
        for path in paths:
            if path.exists():
                _allow(rules, path, allowed & rights)
    _syscall(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))
    os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rights = rights if path.is_dir() else rights & _OF_A_FILE
    rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, descriptor), 12)
    _syscall(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    os.close(descriptor)


def refuse_calls() -> None:
    """Refuse this process every new socket, every program, and whatever else would reach another process.

    Raises:
        OSError: if the kernel refuses, or libseccomp is missing.
    """
    rules = _rules(_seccomp().ALLOW)
    for name in _REFUSED.split():
        _add(rules, _seccomp().ERRNO(errno.EACCES), name)
    for name in _TO_ITSELF:
        _add(rules, _seccomp().ERRNO(errno.EACCES), name, _argument(0, "NE", os.getpid()))
    rules.load()


def allow_only_listed_calls() -> None:
    """Allow this process, in all its threads, the calls that computing needs, and no other. For code of a visitor.

    It can start threads, but no process; it can send nothing but through the channel that is open; and the limits and
    rights that it has are the last ones.

    Raises:
        OSError: if the kernel refuses, or libseccomp is missing.
    """
    allow = _seccomp().ALLOW
    rules = _rules(_seccomp().ERRNO(errno.EACCES))
    for name in _ALLOWED.split():
        _add(rules, allow, name)
    _add(rules, allow, "sendto", _argument(4, "EQ", 0))  # to where the socket is connected; never to an address
    _add(rules, allow, "tgkill", _argument(0, "EQ", os.getpid()))  # `abort`
    _add(rules, allow, "prlimit64", _argument(0, "EQ", 0), _argument(2, "EQ", 0))  # to read a limit of its own
    for command in _ON_A_DESCRIPTOR:
        _add(rules, allow, "fcntl", _argument(1, "EQ", command))
    # Shortening a file that is opened for reading: Landlock forbids it from its third version on.
    _add(rules, allow, "openat", _argument(2, "MASKED_EQ", os.O_TRUNC, 0))
    for mode in (os.O_WRONLY, os.O_RDWR):
        _add(rules, allow, "openat", _argument(2, "MASKED_EQ", os.O_TRUNC | _O_ACCMODE, os.O_TRUNC | mode))
    _add(rules, allow, "clone", _argument(0, "EQ", _A_THREAD))
    for name, code in {"ioctl": errno.ENOTTY, "clone3": errno.ENOSYS}.items():
        _add(rules, _seccomp().ERRNO(code), name)  # is this a terminal? And glibc falls back to `clone`
    rules.load()


def _seccomp() -> Any:
    """libseccomp's binding. It looks for the library when it is imported, so the template does that once for all.

    Raises:
        OSError: if either is missing.
    """
    try:
        return importlib.import_module("pyseccomp")
    except (ImportError, RuntimeError) as error:
        raise OSError(errno.ENOSYS, f"libseccomp or its binding is missing ({error})") from error


def _rules(otherwise: Any) -> Any:
    """Rules, empty yet, and what happens to calls that none names. A call by another interface ends the process."""
    seccomp = _seccomp()
    rules = seccomp.SyscallFilter(otherwise)
    rules.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    rules.set_attr(seccomp.Attr.CTL_TSYNC, 1)
    return rules


def _add(rules: Any, action: int, name: str, *conditions: Any) -> None:
    number = _seccomp().resolve_syscall(_seccomp().Arch.NATIVE, name)
    if number != -1:  # a call that this libseccomp does not know yet; another processor's has a number all the same
        rules.add_rule(action, number, *conditions)


def _argument(position: int, comparison: str, *values: int) -> Any:
    return _seccomp().Arg(position, getattr(_seccomp(), comparison), *values)


def _prctl(option: int, value: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _syscall(number: int, *arguments: object) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    result = int(library.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
