"""Two of the Linux kernel's ways to confine a process for good: Landlock for files, seccomp for system calls.

Both bind the calling thread and those that it starts, so they come before TensorFlow starts its own.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _SECCOMP_MODE_FILTER = 22, 38, 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_READ = (1 << 2) | (1 << 3)
"""Landlock's rights to read a file and to list a folder."""
_OF_A_FILE = (1 << 1) | (1 << 2) | (1 << 14)
"""Those that a single file can have, in use here: to write, to read and to shorten it."""
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights on files each version of Landlock knows; later ones know no more."""

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_REFUSED = {
    "socket": (41, 198), "socketpair": (53, 199), "io_uring_setup": (425, 425), "execve": (59, 221),
    "execveat": (322, 281), "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "bpf": (321, 280), "userfaultfd": (323, 282), "perf_event_open": (298, 241),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "unshare": (272, 97), "setns": (308, 268),
    "mount": (165, 40),
}  # fmt: skip
"""System calls that reach beyond the process, none of which a job needs, by their numbers on the architectures."""
_TO_ITSELF = {"kill": (62, 129), "tgkill": (234, 131)}
"""Those that a process may only do to itself, as `abort` does."""
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EACCES


def no_new_privileges() -> None:
    """Whatever this process starts has no more rights than it has.

    Raises:
        OSError: if the kernel refuses.
    """
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0)


def restrict_files(read: Iterable[Path], write: Iterable[Path]) -> None:
    """Let this process open only what lies below these paths; those to write may be read as well.

    Raises:
        OSError: if the kernel has no Landlock.
    """
    version = _syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
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


def restrict_calls() -> None:
    """Refuse this process every new socket, every program, and whatever else would reach another process.

    Raises:
        OSError: if the kernel refuses, or the processor is not known.
    """
    if platform.machine() not in _ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no list of system calls for {platform.machine()}")
    program = b"".join(_filter(*_ARCHITECTURES[platform.machine()], os.getpid()))
    code = ctypes.create_string_buffer(program, len(program))
    told = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(code)), 16)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(told))


def _filter(column: int, architecture: int, pid: int) -> list[bytes]:
    """The filter's instructions. It reads the architecture at 4, the call's number at 0, its first argument at 16."""
    code = [_op(0x20, 0, 0, 4), _op(0x15, 1, 0, architecture), _op(0x06, 0, 0, _KILL), _op(0x20, 0, 0, 0)]
    if column == 0:  # numbers of the x32 interface, which would pass by the list
        code += [_op(0x35, 0, 1, 0x40000000), _op(0x06, 0, 0, _REFUSE)]
    for number in _numbers(_REFUSED, column):
        code += [_op(0x15, 0, 1, number), _op(0x06, 0, 0, _REFUSE)]
    for number in _numbers(_TO_ITSELF, column):
        code += [_op(0x15, 0, 4, number), _op(0x20, 0, 0, 16), _op(0x15, 0, 1, pid)]
        code += [_op(0x06, 0, 0, _ALLOW), _op(0x06, 0, 0, _REFUSE)]
    return [*code, _op(0x06, 0, 0, _ALLOW)]


def _numbers(calls: Mapping[str, tuple[int, int]], column: int) -> list[int]:
    return [numbers[column] for numbers in calls.values()]


def _op(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _prctl(option: int, first: int, second: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(option, ctypes.c_ulong(first), ctypes.c_ulong(second), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _syscall(number: int, *arguments: object) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    result = int(library.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
