"""The parts of the pool that need no process: lanes, cache, frames."""

import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.engine.pool.cache import Cache
from explorer.engine.pool.queues import Lanes
from explorer.engine.pool.task import Task
from explorer.engine.transport.channel import Assembler, Kind, frame, json_frame, progress, read, write
from explorer.engine.transport.wire import BadMessage


def task(lane: str, name: str = "run") -> Task:
    return Task(name, b"", lane, 1.0)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30))
def test_lanes_take_turns_and_each_keeps_its_order(arrivals):
    lanes, served = Lanes(), []
    tasks = [task(lane) for lane in arrivals]
    for one in tasks:
        lanes.add(one)
    while one := lanes.next({}, 9):
        served.append(one)
    for lane in "abc":
        assert [one for one in served if one.lane == lane] == [one for one in tasks if one.lane == lane]
    waiting = {lane: arrivals.count(lane) for lane in arrivals}
    for position, one in enumerate(served):  # between two turns of a lane, every lane that waits has one turn
        again = next((later for later in served[position + 1 :] if later.lane == one.lane), None)
        waiting[one.lane] -= 1
        if again:
            between = [other.lane for other in served[position + 1 : served.index(again)]]
            assert sorted(between) == sorted(lane for lane, left in waiting.items() if left and lane != one.lane)
    assert len(lanes) == 0


def test_the_lane_with_the_fewest_running_jobs_is_next_and_none_takes_all():
    lanes = Lanes()
    for lane in ("busy", "full", "calm"):
        lanes.add(task(lane))
    running = {"busy": 1, "full": 3}
    assert [lanes.next(running, 3).lane, lanes.next(running, 3).lane] == ["calm", "busy"]
    assert lanes.next(running, 3) is None and len(lanes) == 1


def test_an_errand_can_leave_the_queue_once():
    lanes, one = Lanes(), task("a")
    lanes.add(one)
    assert lanes.remove(one) and not lanes.remove(one) and list(lanes) == []


def test_the_cache_keeps_what_was_used_last_within_its_limits():
    cache = Cache(max_entries=3, max_bytes=50)
    for key in (b"a", b"b", b"c"):
        cache.put(key, memoryview(bytes(20)))
    assert cache.get(b"a") is not None
    cache.put(b"d", memoryview(bytes(20)))
    assert [cache.get(key) is not None for key in (b"a", b"b", b"c", b"d")] == [True, False, True, True]
    cache.put(b"e", memoryview(bytes(50)))
    cache.put(b"huge", memoryview(bytes(51)))
    assert cache.get(b"huge") is None and cache.get(b"e") is not None
    assert len(cache) == 3 and [cache.drop_oldest() for _ in range(4)] == [True, True, True, False]


def test_the_cache_keeps_large_replies_for_a_while_only():
    cache, began = Cache(), time.monotonic()
    for key, size in ((b"small", 10), (b"old", 100_000), (b"used", 100_000)):
        cache.put(key, memoryview(bytes(size)))
    cache.get(b"old"), cache.get(b"used")
    cache.drop_old(began + 29)
    assert len(cache) == 3
    cache.drop_old(time.monotonic() + 31)
    assert cache.get(b"small") is not None and len(cache) == 1
    assert cache.drop_oldest() and not cache.drop_oldest()


def test_frames_survive_being_cut_anywhere():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stream = b"".join(
            bytes(piece) for piece in [*frame(Kind.REPLY, b"abc"), *frame(Kind.READY), *frame(Kind.PROBLEM, b"d")]
        )
        assembler, received = Assembler(), []
        for position in range(len(stream)):
            theirs.send(stream[position : position + 1])
            received += [complete for complete in [assembler.receive(ours)] if complete]
        assert [(kind, bytes(payload)) for kind, payload in received] == [
            (Kind.REPLY, b"abc"),
            (Kind.READY, b""),
            (Kind.PROBLEM, b"d"),
        ]
        write(theirs, json_frame(Kind.PROGRESS, [0.5, "half"]))
        kind, payload = read(ours, assembler)
        assert (kind, progress(payload)) == (Kind.PROGRESS, (0.5, "half"))
        theirs.close()
        assert read(ours, assembler) is None


@pytest.mark.parametrize(
    "head", [b"\x00" + bytes(8), b"\x63" + bytes(8), b"\x05" + b"\xff" * 8], ids=["0", "99", "long"]
)
def test_what_is_no_frame_is_refused_before_memory_is_taken(head):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(head)
        with pytest.raises(BadMessage):
            Assembler().receive(ours)


@pytest.mark.parametrize("payload", [b"", b"3", b"[1]", b'["x", "y"]', b"[" * 9999, b"[null, null]"])
def test_what_is_no_progress_is_refused(payload):
    with pytest.raises(BadMessage):
        progress(memoryview(payload))
