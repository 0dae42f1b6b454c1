"""Every layer that opens, traced: the plain call's bits, its own state and nobody else's, and how many steps."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest

import layers
from explorer.core.arrays import as_tensor, to_array
from explorer.core.calling import ensure_built
from explorer.core.catalog.derive import closed, derived_cards
from explorer.core.tracing.record import trace_layer
from explorer.core.under_test import LayerUnderTest
from explorer.experiment import Experiment
from explorer.model.trace import Frame, Trace

OURS = tuple(name for name, card in layers.catalogue().items() if not card.symbolic)
KERAS = tuple(name for name in derived_cards() if name not in OURS)
SEED = 9
READ_BY_TENSORFLOW = ("class Trackable", "class AutoTrackable")
"""Classes whose annotations TensorFlow reads in a plain call, too."""


@dataclass(frozen=True)
class Row:
    """What one layer's traces in both training modes were like; `reasons` says why there is no step, if so."""

    name: str
    steps: tuple[int, int]
    frames: int
    operations: int
    others: int
    reasons: str
    faults: tuple[str, ...]


def bits(arrays: Any) -> list[tuple[str, tuple[int, ...], bytes]]:
    return [(str(a.dtype), a.shape, repr(a.tolist()).encode() if a.dtype == object else a.tobytes()) for a in arrays]


def start(name: str, training: bool) -> tuple[Any, list[Any], dict[str, Any]]:
    """A built layer from the experiment's seed, and the tensors and keywords of its call."""
    test = LayerUnderTest(Experiment(name, seed=5))
    layer = test.make()
    arguments, keywords = test.arranged()
    tensors = [keras.tree.map_structure(as_tensor, value) for value in arguments]
    keywords = {key: as_tensor(value) for key, value in keywords.items()}
    keywords["training"] = training
    ensure_built(layer, tensors, keywords)
    keras.utils.set_random_seed(SEED)
    return layer, tensors, keywords


def everyone(layer: Any) -> list[Any]:
    return list(layer._flatten_layers(include_self=True, recursive=True))


def surroundings(layer: Any) -> dict[str, dict[str, Any]]:
    """The contents of every class that the layers come from, and of these classes' modules."""
    classes = {cls for inner in everyone(layer) for cls in type(inner).__mro__ if cls is not object}
    modules = {cls.__module__ for cls in classes} | {"keras.src.ops", "keras.src.backend", "keras.ops"}
    found = {f"class {cls.__qualname__}": dict(vars(cls)) for cls in classes}
    return found | {f"module {name}": dict(vars(sys.modules[name])) for name in modules}


def changed(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What is not the same object as before. An empty `__annotations__` is Python's own: reading it makes it."""
    for where, old in before.items():
        new = dict(after[where])
        if new.get("__annotations__") == {} and "__annotations__" not in old and where in READ_BY_TENSORFLOW:
            del new["__annotations__"]
        names = [name for name in old.keys() | new.keys() if old.get(name, ...) is not new.get(name, ...)]
        if names:
            yield f"{where}: {', '.join(sorted(names))}"


def all_frames(frames: tuple[Frame, ...]) -> Iterator[Frame]:
    for frame in frames:
        yield frame
        yield from all_frames(frame.children)


def faults_of(name: str, training: bool) -> tuple[Trace, list[str]]:
    """A layer's trace, and what about it is not as the plain call."""
    layer, arguments, keywords = start(name, training)
    around = surroundings(layer)
    keywords.pop("training", None)
    trace = trace_layer(layer, arguments, training, **keywords)
    faults = [*changed(around, surroundings(layer))]
    plain, arguments, keywords = start(name, training)
    outputs = keras.tree.flatten(plain(*arguments, **keywords))
    if bits(t.value for t in trace.outputs) != bits(to_array(y) for y in outputs if y is not None):
        faults.append("other output")
    if bits(map(to_array, layer.variables)) != bits(map(to_array, plain.variables)):
        faults.append("other variables")
    for one, other in zip(everyone(layer), everyone(plain), strict=True):
        if "call" in vars(one) or vars(one).keys() != vars(other).keys():
            faults.append(f"other attributes of {one.name}")
    return trace, faults


def row(name: str) -> Row:
    traces, faults = [], []
    for training in (False, True):
        trace, found = faults_of(name, training)
        traces.append(trace)
        faults += [f"{'training' if training else 'inference'}: {fault}" for fault in found]
    frames = [list(all_frames(trace.frames)) for trace in traces]
    steps = [sum(len(frame.steps) for frame in listed) for listed in frames]
    reasons = [str(note) for trace, count in zip(traces, steps, strict=True) if not count for note in trace.notes]
    if any(not count and not trace.notes for trace, count in zip(traces, steps, strict=True)):
        faults.append("no step, and no reason")
    operations = sum(len(step.ops) for frame in frames[1] for step in frame.steps)
    others = len(traces[1].others)
    reason = " ".join(dict.fromkeys(reasons))
    return Row(name, (steps[0], steps[1]), len(frames[1]), operations, others, reason, tuple(faults))


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {name: row(name) for name in (*OURS, *KERAS)}


def test_the_table(rows: dict[str, Row], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{'layer':46}{'steps':>6}{'train':>6}{'frames':>7}{'ops':>6}{'others':>7}  result")
        for one in rows.values():
            result = "; ".join(one.faults) or one.reasons or "ok"
            counts = f"{one.steps[0]:6}{one.steps[1]:6}{one.frames:7}{one.operations:6}{one.others:7}"
            print(f"{one.name.removeprefix('keras.layers.'):46}{counts}  {result}")
        for name, why in closed().items():
            print(f"{name.removeprefix('keras.layers.'):46}{'not opened':>32}  {why}")
    assert len(rows) > 140


@pytest.mark.parametrize("name", [*OURS, *KERAS])
def test_traced_is_plain_and_leaves_no_mark(rows: dict[str, Row], name: str) -> None:
    assert rows[name].faults == ()


def test_a_changed_class_or_module_is_found() -> None:
    layer, *_ = start("linear", False)
    before = surroundings(layer)
    cls, module = type(layer), sys.modules[type(layer).__module__]
    assert list(changed(before, surroundings(layer))) == []
    cls.planted = module.planted = 1  # type: ignore[attr-defined]
    try:
        found = set(changed(before, surroundings(layer)))
    finally:
        del cls.planted, module.planted
    assert found == {f"class {cls.__qualname__}: planted", f"module {cls.__module__}: planted"}
