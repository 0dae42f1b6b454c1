"""Jobs for the tests of the engine: quick to load, and badly behaved on request. Runs in workers, not in pytest."""

from __future__ import annotations

import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from explorer.model.problem import Problem, Repair
from explorer.model.trace import Message


def warm_up() -> None:
    """Like the real thing where TensorFlow is loaded: its first operation."""
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].constant(1.0)


def perform(name: str, args: dict[str, Any], arrays: dict[str, Any], report: Any) -> tuple[dict[str, Any], Any]:
    """`name` may have a tail ("sleep-2"), so that jobs of one lane need not supersede each other."""
    return globals()[f"job_{name.partition('-')[0]}"](args, arrays, report)


def job_echo(args: Any, arrays: Any, report: Any) -> Any:
    return {"args": args, "pid": os.getpid()}, dict(arrays)


def job_double(args: Any, arrays: Any, report: Any) -> Any:
    return {"pid": os.getpid()}, {name: array * 2 for name, array in arrays.items()}


def job_sleep(args: Any, arrays: Any, report: Any) -> Any:
    report(0.5, str(os.getpid()))
    time.sleep(args["seconds"])
    return {"pid": os.getpid()}, {}


def job_part(args: Any, arrays: Any, report: Any) -> Any:
    """Tells a part of its answer, then does what a bad job does."""
    report.so_far({"part": 1}, {})
    report.so_far({"part": 2}, {})
    report(0.5, str(os.getpid()))
    if args["then"] == "exit":
        os._exit(3)
    while args["then"] == "spin":
        pass
    return {"part": 3}, {}


def job_clock(args: Any, arrays: Any, report: Any) -> Any:
    return {"time": time.monotonic_ns()}, {}


def job_fickle(args: Any, arrays: Any, report: Any) -> Any:
    raise Problem(Message("at {time}", {"time": time.monotonic_ns()}))


def job_steps(args: Any, arrays: Any, report: Any) -> Any:
    for step in range(args["steps"]):
        report(step / args["steps"], f"step {step}")
        time.sleep(0.03)
    return {}, {}


def job_spin(args: Any, arrays: Any, report: Any) -> Any:
    report(0.5, str(os.getpid()))
    end = time.monotonic() + args.get("seconds", math.inf)
    while time.monotonic() < end:
        pass
    return {}, {}


def job_compute(args: Any, arrays: Any, report: Any) -> Any:
    """Take so many seconds of the processor."""
    end = time.process_time() + args["seconds"]
    while time.process_time() < end:
        pass
    return {}, {}


def job_exit(args: Any, arrays: Any, report: Any) -> Any:
    os._exit(args["code"])


def job_leave(args: Any, arrays: Any, report: Any) -> Any:
    sys.exit(3)


def job_close(args: Any, arrays: Any, report: Any) -> Any:
    os.closerange(3, 256)
    time.sleep(60)
    return {}, {}


def job_shout(args: Any, arrays: Any, report: Any) -> Any:
    print("x" * 1_000_000, flush=True)
    for descriptor in (1, 2):
        os.write(descriptor, b"\x05" * 100_000)
    return {"pid": os.getpid()}, {}


def job_hoard(args: Any, arrays: Any, report: Any) -> Any:
    kept, size = [], 1 << 28
    while True:
        try:
            kept.append(np.empty(size, np.uint8))
        except MemoryError:
            if size == 1 << 10:  # not even a crumb is left for the sentence that says so
                raise
            size >>= 1


def job_short_of_memory(args: Any, arrays: Any, report: Any) -> Any:
    raise MemoryError


def job_refuse(args: Any, arrays: Any, report: Any) -> Any:
    repair = Repair(Message("Use {units} units", {"units": 4}), {"params": {"units": 4}})
    raise Problem(
        Message("Too many {things}.", {"things": "units"}),
        expected="4",
        received="5",
        where="params.units",
        detail="why",
        repairs=(repair,),
    )


def job_blunder(args: Any, arrays: Any, report: Any) -> Any:
    raise ZeroDivisionError("\x1b[31mred\x1b[0m")


def job_unsayable(args: Any, arrays: Any, report: Any) -> Any:
    return {"value": object()}, {}


def job_big(args: Any, arrays: Any, report: Any) -> Any:
    return {}, {"x": np.arange(args["cells"], dtype="float32")}


def job_facts(args: Any, arrays: Any, report: Any) -> Any:
    descriptors = sorted(int(path.name) for path in Path("/proc/self/fd").iterdir())
    facts = {"environment": dict(os.environ), "descriptors": descriptors, "modules": sorted(sys.modules)}
    return {**facts, "pid": os.getpid(), "path": sys.path[0]}, {}


def job_tensorflow(args: Any, arrays: Any, report: Any) -> Any:
    import tensorflow as tf

    x = tf.random.stateless_normal((1, 64, 64, 16), (1, 2))
    y = tf.nn.conv2d(x, tf.random.stateless_normal((5, 5, 16, 32), (3, 4)), 1, "SAME")
    total = tf.linalg.matmul(tf.reshape(y, (64, -1)), tf.reshape(y, (-1, 64)))
    return {"pid": os.getpid()}, {"convolved": y.numpy(), "total": total.numpy()}


def job_core(args: Any, arrays: Any, report: Any) -> Any:
    from explorer.core import jobs

    return jobs.perform(args["name"], args["args"], arrays, report)


def job_waste(args: Any, arrays: Any, report: Any) -> Any:
    """Refuse, and leave what was computed in a cycle that only a collection ends."""
    circle: list[Any] = [np.ones(args["bytes"], np.uint8)]
    circle.append(circle)
    raise Problem(Message("refused"), detail=str(os.getpid()))


_KEPT: list[Any] = []


def job_keep(args: Any, arrays: Any, report: Any) -> Any:
    """Keep what was computed for ever."""
    _KEPT.append(np.ones(args["bytes"], np.uint8))
    return {"pid": os.getpid()}, {}
