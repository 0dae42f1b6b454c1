"""The engine with the real template: it imports TensorFlow, Keras, the layers and the core."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from explorer.engine import codec
from explorer.engine.job import Job
from explorer.engine.pool.client import Engine
from explorer.model.trace import Trace

FAKE = "tests.explorer.engine.engine_fake_jobs"
PLANTED = "tests.explorer.engine.engine_planted_violation"
ENOUGH = 90


@pytest.fixture(scope="module")
def engine():
    engine = Engine(jobs=FAKE)
    engine.start()
    assert engine.wait_until_ready(ENOUGH), engine.state
    yield engine
    engine.close()


def test_the_forking_process_keeps_its_thread_count(engine):
    workers = set()
    for n in range(20):
        lane = f"lane {n % 4}"
        workers.add(engine.submit(Job("tensorflow", {"n": n}), lane=lane).result(ENOUGH).meta["pid"])
    os.kill(workers.pop(), signal.SIGKILL)
    engine.submit(Job("tensorflow", {"n": -1}), lane="a").result(ENOUGH)
    now, after_import = engine.threads()
    assert now == after_import


def test_an_operation_at_import_would_be_noticed():
    engine = Engine(1, 1, FAKE, preload=("tensorflow", PLANTED))
    engine.start()
    try:
        now, after_import = engine.threads(ENOUGH)
        assert now > after_import
    finally:
        engine.close()


def test_imports_are_looked_at_for_garbage_neither_then_nor_later():
    program = """
import gc
from explorer.engine.process import importing
before = gc.get_freeze_count()
with importing():
    assert not gc.isenabled()
    kept = [[] for _ in range(1000)]
assert gc.isenabled() and gc.get_freeze_count() >= before + 1000
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_every_worker_gives_the_same_bits(engine):
    replies = []
    slow = [
        engine.submit(Job("sleep", {"seconds": 0.7}), lane=f"slow {n}") for n in range(2)
    ]  # so that others work too
    for n in range(8):
        replies.append(engine.submit(Job("tensorflow", {"same": n}), lane="a").result(ENOUGH))
        if n == 3:
            os.kill(replies[-1].meta["pid"], signal.SIGKILL)
    assert len({reply.meta["pid"] for reply in replies}) >= 2
    for name in ("convolved", "total"):
        assert len({reply.arrays[name].tobytes() for reply in replies}) == 1
    for future in slow:
        future.cancel()


def test_a_worker_finds_everything_imported(engine):
    modules = engine.submit(Job("facts"), lane="a").result(ENOUGH).meta["modules"]
    for name in ("tensorflow", "keras", "layers.center_zero", "explorer.core.jobs"):
        assert name in modules
    assert "streamlit" not in modules


def test_a_trace_of_a_real_layer_arrives(engine):
    experiment = {"layer": "center_zero", "params": {"height": 2, "width": 4}}
    job = Job("core", {"name": "run", "args": {"experiment": experiment}})
    reply = engine.submit(job, lane="a").result(ENOUGH)
    trace = codec.unpack(Trace, reply.meta, reply.arrays)
    expected = np.full((10, 10), 6, "float32")
    expected[4:6, 3:7] = 0
    np.testing.assert_array_equal(trace.outputs[0].value, expected)
    assert trace.frames[0].function == "CenterZero.call" and trace.frames[0].steps[0].values


def test_a_replacement_is_there_at_once(engine, monkeypatch):
    """The spare one has started TensorFlow already: it serves though no other worker is made."""
    engine.submit(Job("echo", {"n": 0}), lane="a").result(ENOUGH)
    end = time.monotonic() + ENOUGH
    while len(engine.pids()[1]) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    monkeypatch.setattr(engine.scheduler._supervisor, "fork", lambda: None)
    os.kill(engine.pids()[1][0], signal.SIGKILL)
    engine.submit(Job("echo", {"n": 1}), lane="a").result(ENOUGH)
