"""Messages of workers are counted as long as anything refers to them, and wait outside while there is no room."""

from __future__ import annotations

import gc
import socket

import numpy as np

from explorer.engine.pool.cache import Cache
from explorer.engine.pool.message_memory import SMALL, Held
from explorer.engine.transport.channel import Assembler, Kind, frame

LARGE = 2 * SMALL


def test_bytes_count_until_the_last_view_of_them_has_gone():
    freed: list[int] = []
    held = Held(3 * LARGE, lambda: freed.append(1))
    array = np.frombuffer(memoryview(held.buffer(LARGE)).toreadonly()[8:64], "<f8")
    assert held.size == LARGE and not freed
    rows = array.reshape(7, 1)[2:]
    del array
    gc.collect()
    assert held.size == LARGE
    del rows
    assert held.size == 0 and freed == [1]


def test_what_is_kept_makes_way_and_what_is_used_does_not():
    held, cache = Held(3 * LARGE - 1, lambda: None), Cache()
    held.kept_by(cache.drop_oldest)
    for key in (b"1", b"2"):
        cache.put(key, memoryview(held.buffer(LARGE)))
    used = cache.get(b"1")
    assert held.buffer(2 * LARGE) is None and len(cache) == 0, "one reply is in use, two are too many"
    assert held.size == LARGE
    assert held.buffer(SMALL) is not None, "a small message never waits"
    del used
    assert held.buffer(2 * LARGE) is not None


def test_one_message_may_be_larger_than_all_may_be_together():
    held = Held(LARGE, lambda: None)
    alone = held.buffer(5 * LARGE)
    assert alone is not None and held.buffer(LARGE) is None


def test_a_frame_is_not_read_while_there_is_no_room_for_it():
    held = Held(LARGE, lambda: None)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        for piece in frame(Kind.REPLY, bytes(LARGE))[:1]:
            theirs.send(piece)
        theirs.send(b"abc")
        assembler, other = Assembler(held.buffer), held.buffer(LARGE)
        for _ in range(3):
            assert assembler.receive(ours) is None
        assert not assembler.has_memory() and ours.recv(10, socket.MSG_PEEK) == b"abc"
        del other
        assert assembler.has_memory() and assembler.receive(ours) is None and held.size == LARGE
