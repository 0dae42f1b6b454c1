"""What one visitor does changes no bit of what the next one sees."""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

import layers
from explorer.engine.job import Job
from explorer.engine.pool.client import Engine
from explorer.model.problem import Problem
from tests.explorer.core.hostile import attacks, caller

ENOUGH = 60
PAIRS = 300
INNOCENT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("run", {"layer": "linear", "seed": 3}),
    ("run", {"layer": "keras.layers.Conv2D", "params": {"filters": 2}}),
    ("step", {"layer": "keras.layers.Dense", "params": {"units": 2}, "step": {"optimizer": "adam"}}),
    ("run", {"layer": "keras.layers.Dropout", "training": True}),
    ("run", {"layer": "keras.layers.BatchNormalization", "training": True, "dtype": "float16"}),
)
TAMPERED = (
    "image data format",
    "epsilon",
    "dtype policy",
    "an operation",
    "a layer's call",
    "numpy's errors",
    "module",
)
_nonces = itertools.count()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(1, 1, "tests.explorer.engine.tampering_jobs")
    engine.start()
    assert engine.wait_until_ready(90), engine.state
    yield engine
    engine.close()


def _asked(engine: Engine, name: str, args: dict[str, Any]) -> Any:
    return engine.submit(Job(name, {**args, "nonce": next(_nonces)}), lane="a").result(ENOUGH)


def _seen(engine: Engine, position: int) -> tuple[str, int]:
    """A hash of all that an innocent visitor is shown, and the worker's process."""
    name, experiment = INNOCENT[position % len(INNOCENT)]
    reply = _asked(engine, name, {"experiment": experiment})
    meta = {key: value for key, value in reply.meta.items() if key != "pid"}
    arrays = {key: (str(array.dtype), array.shape, array.tobytes().hex()) for key, array in reply.arrays.items()}
    text = json.dumps([meta, arrays], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest(), reply.meta["pid"]


@pytest.fixture(scope="module")
def fresh(engine: Engine) -> list[str]:
    """What each innocent visitor is shown by a process that has done nothing else."""
    found = []
    for position in range(len(INNOCENT)):
        seen, pid = _seen(engine, position)
        found.append(seen)
        os.kill(pid, 9)
    return found


def _links() -> Iterator[dict[str, Any]]:
    for name in ("set_image_data_format", "set_epsilon"):
        argument = "channels_first" if name == "set_image_data_format" else 0.5
        for layer in ("Dense", "Embedding", "EinsumDense"):
            yield {"layer": f"keras.layers.{layer}", "params": {"quantization_config": caller(name, argument)}}
    cards = [layers.catalogue()[name] for name in ("keras.layers.Dense", "keras.layers.LSTM", "keras.Input")]
    turns = [list(attacks(card)) for card in cards]
    for spec, value in itertools.chain.from_iterable(zip(*turns, strict=False)):
        for card in cards:
            if spec in card.fields:
                yield {"layer": card.id, "params": {spec.name: value}}


def test_three_hundred_hostile_links_change_no_bit(engine: Engine, fresh: list[str]) -> None:
    jobs = itertools.cycle(
        (("calls", {"call": "from_config"}), ("examine", {}), ("run", {}), ("step", {}), ("life", {}))
    )
    workers = set()
    for position, experiment in zip(range(PAIRS), _links(), strict=False):
        name, more = next(jobs)
        with pytest.raises(Problem):
            _asked(engine, name, {"experiment": experiment, **more})
        seen, pid = _seen(engine, position)
        assert seen == fresh[position % len(fresh)], experiment
        workers.add(pid)
    assert position == PAIRS - 1
    assert len(workers) == 1, "a refused link costs no worker"


def test_a_worker_that_was_tampered_with_serves_nobody(
    engine: Engine, fresh: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    for position, how in enumerate(TAMPERED):
        with caplog.at_level(logging.ERROR):
            tampered = _asked(engine, "tamper", {"how": how}).meta["pid"]
            seen, pid = _seen(engine, position)
        assert pid != tampered, how
        assert _asked(engine, "tamper", {"how": how}).meta["pid"] != tampered, "its reply is not kept"
        assert seen == fresh[position % len(fresh)], how
        assert any("changed what the next would find" in record.getMessage() for record in caplog.records), how
        caplog.clear()


def test_a_sound_job_costs_no_worker(engine: Engine) -> None:
    """The control: a worker that was not tampered with goes on."""
    assert len({_seen(engine, position)[1] for position in range(10)}) == 1
