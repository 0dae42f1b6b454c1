"""The channel between the client and the template: one JSON value a line, with descriptors passed beside it.

Orders: `{"fork": token}` with a descriptor, `{"kill": pid}`, `{"threads": token}`.
Reports: `{"up": threads}`, `{"failed": why}`, `{"born": token, "pid": pid}`, `{"unborn": token, "why": text}`,
`{"exit": pid, "code": code}`, `{"threads": token, "now": count}`.
"""

from __future__ import annotations

import json
import os
import socket
from collections import deque
from collections.abc import Iterator
from typing import Any

_CHUNK = 65536
_MOST_DESCRIPTORS = 16


class Control:
    """One end of the channel.

    A stream, because that is what every system has; descriptors arrive in the order they were sent, so the n-th order
    that has one owns the n-th descriptor.
    """

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.descriptors: deque[int] = deque()
        self._text = b""

    def send(self, value: dict[str, Any], descriptor: int | None = None) -> None:
        """Send one value.

        Raises:
            OSError: if the other side is gone.
        """
        line = json.dumps(value).encode() + b"\n"
        if descriptor is None:
            self.channel.sendall(line)
            return
        sent = socket.send_fds(self.channel, [line], [descriptor])
        self.channel.sendall(line[sent:])

    def receive(self) -> Iterator[dict[str, Any]]:
        """Read once, and give every value that is complete.

        Raises:
            EOFError: if the other side has closed.
        """
        try:
            data, descriptors, _, _ = socket.recv_fds(self.channel, _CHUNK, _MOST_DESCRIPTORS)
        except ConnectionError as error:
            raise EOFError from error
        if not data:
            raise EOFError
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
            self.descriptors.append(descriptor)
        *lines, self._text = (self._text + data).split(b"\n")
        for line in lines:
            yield json.loads(line)

    def close(self) -> None:
        """Close this end."""
        self.channel.close()
