"""A layer that ends, blocks, floods or changes the program that examines it: there is never a clean bill of health."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EVERYTHING = "EXPLORER_LONG_TESTS" in os.environ
HEAD = """
import ctypes, os, signal, sys, threading, time
import keras, numpy
"""
LAYER = """
@keras.saving.register_keras_serializable("hostile")
class Mine(keras.layers.Layer):
"""
CALL = (
    LAYER
    + """
    def call(self, x):
        {}
        return x * 2.0
"""
)
ESCAPES = """
        print('{"findings": []}', flush=True)
        os.write(1, b'{"findings": [], "layer": "Mine"}')
        for _ in range(3):
            if os.fork() == 0:
                os.setsid()
                time.sleep(1000)
        for _ in range(3):
            threading.Thread(target=time.sleep, args=(1000,)).start()
        os.close(1)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            pass
"""
PATCHES = """
import explorer.core.doctor.registry as registry
import explorer.model.report
for name in list(registry.CHECKS.all()):
    registry.CHECKS.remove(name)
registry.checks.cache_clear()
explorer.model.report.Report.healthy = explorer.model.report.Report.complete = True
explorer.model.report.Report.failed = ()
"""
LAYERS = {
    "it ends the process in its call": CALL.format("os._exit(0)"),
    "it does all at once and never ends": CALL.format(ESCAPES),
    "it has a message of 20 megabytes, then leaves": LAYER
    + """
    def call(self, x):
        raise ValueError("x (2, 3) " * 2_200_000)
    def compute_output_shape(self, shape):
        sys.exit(0)
    """,
    "it empties the list of checks": PATCHES + CALL.format("pass"),
}
RARER = {
    "it leaves on import": "sys.exit(0)",
    "it ends the process on import": "os._exit(0)",
    "it ends the process when it is made": LAYER + "    def __init__(self, **k): os._exit(0)",
    "it leaves when it is made": LAYER + "    def __init__(self, **k): sys.exit(0)",
    "it ends the process in its config": LAYER + "    def get_config(self): os._exit(0)",
    "it leaves in its config": LAYER + "    def get_config(self): sys.exit(0)",
    "it never ends its import": "while True: pass",
    "it never ends in C": CALL.format("ctypes.PyDLL(None).sleep(1000)"),
    "it waits for a thread": CALL.format("threading.Event().wait()"),
    "it closes every descriptor": CALL.format("os.closerange(0, 1000)"),
    "it forks and both go on": CALL.format("os.fork() or os._exit(0)") + "        os._exit(0)",
    "it prints without end": CALL.format("while True: print('x' * 100_000)"),
    "it crashes": CALL.format("ctypes.string_at(0)"),
    "it stops itself": CALL.format("os.kill(os.getpid(), signal.SIGSTOP)"),
    "it takes all memory": CALL.format("y = [numpy.ones(10**8) for _ in range(100)]; os._exit(0)"),
    "it forks without end": CALL.format("[os.fork() for _ in range(7)]; time.sleep(1000)"),
}


@pytest.fixture
def marked() -> Iterator[str]:
    """A variable of the environment by which every process that came of an examination is known."""
    yield f"EXPLORER_TEST_{os.getpid()}_{time.monotonic_ns()}"


def examined(tmp_path: Path, source: str, mark: str, seconds: int = 4) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "hostile.py"
    file.write_text(HEAD + source)
    command = [sys.executable, "-m", "explorer", "doctor", f"{file}:Mine", "--input", "2,3", "--seconds", str(seconds)]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, mark: "1"}, capture_output=True, text=True, timeout=240, check=False
    )


def left_over(mark: str) -> list[str]:
    """The processes that still have the mark."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.append(entry.name)
        except OSError:
            continue  # it ended while we looked
    return found


@pytest.mark.parametrize("name", [*LAYERS, *(RARER if EVERYTHING else ())])
def test_no_hostile_layer_is_healthy(name: str, tmp_path: Path, marked: str) -> None:
    done = examined(tmp_path, {**LAYERS, **RARER}[name], marked)
    assert done.returncode in (1, 2), done.stdout[-2000:] + done.stderr[-2000:]
    assert (done.returncode == 1) == ("Failed: " in done.stdout)
    assert "findings" not in done.stdout and "Traceback" not in done.stdout
    assert len(done.stdout) < 20_000 and len(done.stderr) < 2_000_000
    assert (
        done.stderr.strip() or "Failed: " in done.stdout or "It was stopped" in done.stdout or "without" in done.stdout
    )
    assert left_over(marked) == []
