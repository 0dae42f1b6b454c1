"""What the machine lacks is said to be the machine's: never a result of the layer, never a finding against it."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

from explorer.core.doctor import examine
from explorer.core.jobs import remember
from explorer.core.lifecycle.run_call import call
from explorer.engine.job import Job
from explorer.engine.processes.worker import answer
from explorer.engine.transport import wire
from explorer.engine.transport.channel import Kind
from explorer.experiment import Experiment
from explorer.model.machine import machine_fault
from explorer.model.problem import Problem

LARGE = Experiment("linear", {"units": 300})
"""Its weights do not fit into a file of `ROOM` bytes."""
IN_A_PROCESS_OF_ITS_OWN = pytest.mark.skipif(
    "EXPLORER_ALONE" not in os.environ,
    reason="the library of .h5 files may crash later in a process where a write failed",
)
ROOM = 512


@contextlib.contextmanager
def little_room() -> Iterator[None]:
    """No file of this process may become larger than `ROOM` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def raised(cause: BaseException) -> BaseException:
    try:
        try:
            raise cause
        except BaseException as error:
            raise ValueError("wrapped") from error
    except ValueError as error:
        return error


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_recognised_behind_any_other_error() -> None:
    with pytest.raises(OSError) as caught, Path("/dev/full").open("w") as full:
        full.write("x" * 100_000)
    for error in (
        caught.value,
        raised(caught.value),
        OSError("Can't write data (errno = 28, 'No space left on device')"),
    ):
        assert "disk of the machine is full" in str(machine_fault(error))
    assert machine_fault(raised(ValueError("No space left on device"))) is None
    assert machine_fault(FileNotFoundError(2, "No such file or directory")) is None


@IN_A_PROCESS_OF_ITS_OWN
@pytest.mark.parametrize("name", ["save", "load_model", "save_weights"])
def test_saving_without_room_is_the_machines_problem(name: str) -> None:
    assert call(LARGE, name).error == ""
    with little_room(), pytest.raises(Problem) as caught:
        call(LARGE, name)
    assert "layer is not to blame" in str(caught.value) and caught.value.where == "engine"


@IN_A_PROCESS_OF_ITS_OWN
def test_the_doctor_finds_nothing_wrong_with_a_layer_for_want_of_room() -> None:
    with little_room():
        report = examine(keras.layers.Dense(300), [np.ones((2, 3), "float32")])
    assert report.failed == () and not report.healthy
    [broken] = [finding for finding in report.findings if finding.outcome == "broken"]
    assert broken.check == "keras_file" and "layer is not to blame" in str(broken.seen)


def test_any_job_says_so() -> None:
    def perform(*_: object) -> tuple[dict[str, object], object]:
        raise OSError(28, "No space left on device")

    kind, message = answer(perform, memoryview(Job("run").to_bytes()), None)
    assert kind is Kind.PROBLEM
    assert wire.decode(message)[0]["what"]["msgid"].startswith("The disk of the machine is full")


def test_the_tests_that_need_a_process_of_their_own(tmp_path: Path) -> None:
    """In one order, the one in which that process is known to last until its tests are done; it may crash then."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", __file__, "-k", "room"]
    environment = {**os.environ, "EXPLORER_ALONE": "1", "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith(".... "), done.stdout[-2000:]


def test_a_process_that_met_a_full_disk_says_so_after_its_job() -> None:
    changes = remember()
    assert changes() == ()
    assert machine_fault(OSError(28, "No space left on device")) is not None
    [told] = changes()
    assert "disk of the machine is full" in told
    assert changes() == ()
