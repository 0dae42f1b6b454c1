"""Whatever a process with a visitor's code sends: the engine goes on, and who asked has a reply or a Problem."""

from __future__ import annotations

import contextlib
import json
import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.engine.pool import own_code
from explorer.engine.pool.client import Future
from explorer.engine.pool.scheduler import MOST_FRAMES, Scheduler
from explorer.engine.pool.task import Task
from explorer.engine.pool.worker_handle import Event, What, WorkerHandle
from explorer.engine.transport import wire
from explorer.engine.transport.channel import MAX_WORDS, Kind
from explorer.model.problem import Problem

REPLY = wire.encode({"answer": 1}, {})
BEGUN = struct.pack("<BQ", Kind.BEGUN, 0)
KINDS = st.sampled_from(sorted(Kind)) | st.integers(0, 255)
TEXTS = st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(TEXTS, inside, max_size=4),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode())
PROGRESS = st.tuples(st.floats() | st.integers(), st.text(max_size=300)).map(lambda told: json.dumps(told).encode())


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A reply with some bytes changed, left out or doubled."""
    data = bytearray(REPLY)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data) - 1))
        data[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data)


@st.composite
def pieces(draw: st.DrawFn) -> bytes:
    """A frame, true or not, or bytes that are none."""
    payload = draw(JSON | PROGRESS | damaged() | st.binary(max_size=40) | st.just(REPLY))
    length = draw(st.just(len(payload)) | st.integers(0, 2**64 - 1))
    frame = struct.pack("<BQ", draw(KINDS), length) + payload
    return draw(st.just(frame) | st.just(BEGUN) | st.binary(max_size=20))


class Sent:
    """A task whose worker sends what a test says; the engine's thread is the test's."""

    def __init__(self) -> None:
        self.scheduler = Scheduler(1, 1, "none", (), 1 << 20, own_code.regime(False))
        self.supervisor = self.scheduler._supervisor
        ours, self.theirs = socket.socketpair()
        for end in (ours, self.theirs):
            end.setblocking(False)
        self.worker = WorkerHandle(1, ours, self.scheduler.held, own_code.MAX_MESSAGE)
        self.supervisor.workers[1] = self.worker
        self.worker.ready = True
        self.task = self.worker.task = Task("a", b"{}", "visitor", 5.0)

    def send(self, data: bytes) -> None:
        while data:
            with contextlib.suppress(BlockingIOError, ConnectionError):
                data = data[self.theirs.send(data) :]
            if not self._heard():
                return
        while self._heard():
            pass

    def _heard(self) -> bool:
        """Whether the worker is still listened to, after what it sent was."""
        self.supervisor.watch()
        found = self.supervisor.wait(0)
        for event in self.supervisor.events(found):
            self.scheduler._on(event)
        return bool(found) and self.worker.living

    def outcome(self) -> object:
        """What the visitor has in the end."""
        self.theirs.close()
        self._heard()
        self.scheduler._on(Event(What.WORKER_GONE, self.worker, text="gone"))
        if self.task.outcome is None:
            assert not self.task.begun and len(self.scheduler._lanes) == 1, "another worker does it"
            return None
        return Future(self.scheduler, self.task).result(0).meta

    def close(self) -> None:
        self.theirs.close()
        self.scheduler.close()


@given(st.lists(pieces(), max_size=8))
@settings(max_examples=300, deadline=None)
def test_nothing_that_is_sent_ends_the_engine(sent: list[bytes]) -> None:
    with contextlib.closing(Sent()) as one:
        for data in sent:
            one.send(data)
        with contextlib.suppress(Problem):
            one.outcome()
        assert one.scheduler._failed == "" and not one.scheduler.closed and one.scheduler._setbacks == 0


def test_a_true_reply_arrives() -> None:
    """The control."""
    with contextlib.closing(Sent()) as one:
        one.send(BEGUN + struct.pack("<BQ", Kind.PROGRESS, 10) + b'[0.5, "a"]')
        assert one.task.progress == (0.5, "a")
        one.send(struct.pack("<BQ", Kind.REPLY, len(REPLY)) + REPLY)
        assert one.outcome() == {"answer": 1}


LONG = b'[0, "' + b"a" * MAX_WORDS + b'"]'
MANY_BYTES = 2 * own_code.MAX_MESSAGE >> 20


@pytest.mark.parametrize(
    ("kind", "payload", "most"),
    [
        (Kind.PROGRESS, b'[0.5, "a"]', MOST_FRAMES - 1),
        (Kind.PROGRESS, LONG, 0),
        (Kind.PARTIAL, bytes(1 << 20), MANY_BYTES),
    ],
)
def test_a_flood_is_cut_off(kind: Kind, payload: bytes, most: int) -> None:
    with contextlib.closing(Sent()) as one:
        one.send(BEGUN)
        for _ in range(most):
            one.send(struct.pack("<BQ", kind, len(payload)) + payload)
        assert one.worker.living
        one.send(struct.pack("<BQ", kind, len(payload)) + payload)
        assert not one.worker.living
