"""How messages follow each other on the channel between the client and a worker.

    u8 kind | u64 length | payload

Results stay packed: whoever passes them on reads the kind and the length only.
"""

from __future__ import annotations

import json
import mmap
import socket
import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import msgspec

from explorer.engine.transport.wire import MAX_MESSAGE, BadMessage

_HEAD = struct.Struct("<BQ")
HEAD_SIZE = _HEAD.size
_CHUNK = 1 << 20
_MOST_TEXTS, _MOST_TOLD = 20, 200


class Kind(IntEnum):
    """What a frame holds."""

    JOB = 1
    """To the worker: a job."""
    READY = 2
    """The worker is warm. A list of texts as JSON: the walls around it that could not be had."""
    UNREADY = 3
    """The worker cannot start: why, as text."""
    BEGUN = 8
    """The worker has taken the job up. Empty."""
    PROGRESS = 4
    """`[fraction, text]` as JSON."""
    PARTIAL = 9
    """What the job's result is if the job never ends, a wire message."""
    REPLY = 5
    """The job's result, a wire message."""
    PROBLEM = 6
    """The job's problem, a wire message."""
    LAST_PROBLEM = 7
    """The same, and the worker leaves: it ran out of memory and may not be whole."""
    CHANGED = 10
    """The job has changed what the next one would find: what, as a list of texts in JSON. Its result follows as the
    worker's last."""


def frame(kind: Kind, payload: bytes | bytearray | memoryview = b"") -> list[memoryview]:
    """A frame as the pieces to send, so that a large payload is not copied."""
    return [memoryview(_HEAD.pack(kind, len(payload))), memoryview(payload)]


def json_frame(kind: Kind, value: Any) -> list[memoryview]:
    """A frame whose payload is JSON."""
    return frame(kind, json.dumps(value).encode())


_RESULTS = (Kind.JOB, Kind.PARTIAL, Kind.REPLY, Kind.PROBLEM, Kind.LAST_PROBLEM)
MAX_WORDS = 1 << 16
"""The most bytes of a frame that is no job and no result."""


class Assembler:
    """Puts frames together from whatever pieces arrive on a socket.

    Args:
        buffer: gives memory for a payload of so many bytes, or None while there is none: then nothing is read.
        most: the longest payload that is taken.
    """

    def __init__(
        self, buffer: Callable[[int], bytearray | mmap.mmap | None] = bytearray, most: int = MAX_MESSAGE
    ) -> None:
        self._new_buffer = buffer
        self._most = most
        self._head = bytearray(HEAD_SIZE)
        self._buffer = memoryview(self._head)
        self._kind: Kind | None = None
        self._filled = 0
        self._lacking: int | None = None
        """How many bytes of memory the payload that comes next is still to get."""

    def has_memory(self) -> bool:
        """Whether there is memory for what comes next; asks for it."""
        if self._lacking is not None and (buffer := self._new_buffer(self._lacking)) is not None:
            self._buffer, self._filled, self._lacking = memoryview(buffer), 0, None
        return self._lacking is None

    def receive(self, channel: socket.socket) -> tuple[Kind, memoryview] | None:
        """Read once from the socket, unless there is no memory for what comes.

        Returns:
            A frame if this read completed one, else None.

        Raises:
            EOFError: if the other side has closed.
            BadMessage: if what arrives is no frame.
            BlockingIOError: if the socket does not block and has nothing.
        """
        if not self.has_memory():
            return None
        if self._filled < len(self._buffer):
            count = channel.recv_into(self._buffer[self._filled : self._filled + _CHUNK])
            if count == 0:
                raise EOFError
            self._filled += count
        if self._filled < len(self._buffer):
            return None
        if self._kind is None:
            number, length = _HEAD.unpack(self._head)
            if number not in list(Kind) or length > (self._most if number in _RESULTS else MAX_WORDS):
                raise BadMessage(f"No frame has kind {number} and {length} bytes.")
            self._kind, self._lacking = Kind(number), length
            if length or not self.has_memory():
                return None
        complete = self._kind, self._buffer.toreadonly()
        self._kind, self._buffer, self._filled = None, memoryview(self._head), 0
        return complete


def texts(payload: memoryview) -> tuple[str, ...]:
    """The texts that a frame holds; "unknown" if it holds something else. It may come from a worker gone astray."""
    try:
        return tuple(ascii(text)[1:-1][:200] for text in msgspec.json.decode(payload, type=list[str])[:_MOST_TEXTS])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ("unknown",)


def progress(payload: memoryview) -> tuple[float, str]:
    """What a progress frame says.

    Raises:
        BadMessage: if it is not one.
    """
    try:
        fraction, text = msgspec.json.decode(payload, type=tuple[float, str])
        return min(1.0, max(0.0, fraction)), text[:_MOST_TOLD]
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadMessage("A progress is a fraction and a text.") from error


def read(channel: socket.socket, assembler: Assembler) -> tuple[Kind, memoryview] | None:
    """Wait on a blocking socket for the next frame; None when the other side has closed."""
    try:
        while True:
            complete = assembler.receive(channel)
            if complete:
                return complete
    except (EOFError, ConnectionError):
        return None


def write(channel: socket.socket, pieces: list[memoryview]) -> None:
    """Send a frame on a blocking socket."""
    for piece in pieces:
        channel.sendall(piece)
