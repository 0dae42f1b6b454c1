"""Every public operation of Keras, and the common ones of TensorFlow and Python: explained, or with a reason."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from operation_table import IMAGES, KERAS, NO_OPERATIONS, RANDOMS, TABLE, Call, Called

from explorer.arithmetic import explain
from explorer.arithmetic.beyond import REASONS
from explorer.arithmetic.case import Place, atlas
from explorer.core.tracing.record import trace_layer
from explorer.model.explanation import Explanation
from explorer.model.trace import Trace

IN_PART = {
    "keras.ops.sparsemax": "where several numbers stay, Keras 3.15 adds running sums and the row does not add to 1",
    "tf.unique": "only the different numbers, not their positions",
}
"""What is explained for some cells only, and why."""
NUDGE = 1e-3


@cache
def recorded(name: str) -> Trace:
    call = TABLE[name]
    return trace_layer(Called(call), list(call.inputs))


def places(trace: Trace) -> list[Place]:
    """The values of the operation itself."""
    return [place for place in atlas(trace).places.values() if place.frame and place.frame.function == "Called.call"]


def cells(trace: Trace) -> Iterator[tuple[Place, tuple[int, ...], Explanation]]:
    for place in places(trace):
        for cell in np.ndindex(*place.tensor.value.shape):
            yield place, cell, explain(trace, place.tensor.id, cell, shown=None)


@pytest.mark.parametrize(
    ("module", "table"),
    [(keras.ops, KERAS | NO_OPERATIONS), (keras.ops.image, IMAGES), (keras.random, RANDOMS | {"SeedGenerator": None})],
    ids=["ops", "image", "random"],
)
def test_every_public_operation_is_in_the_table(module: Any, table: dict[str, Any]) -> None:
    public = {name for name in dir(module) if callable(getattr(module, name)) and not name.startswith("_")}
    assert public == {name for name in table if " " not in name} & public and public


@pytest.mark.parametrize("name", TABLE)
def test_it_is_explained_rightly_or_says_why_not(name: str) -> None:
    trace = recorded(name)
    assert places(trace)
    reasons = {f"Why: {reason}." for reason in REASONS}
    for place, cell, found in cells(trace):
        if not found.explained:
            assert str(found.notes[0]) in reasons or name in IN_PART, (cell, str(found.notes[0]))
            continue
        value = place.tensor.value[cell]
        assert found.value == value or (value != value and found.value != found.value)
        for equation in (*found.parts, found.result):
            assert equation.holds, (cell, equation.residue, equation.bound)
        for number in _numbers(found):
            if not number.recomputed and number.tensor and number.index is not None:
                there = atlas(trace).places[number.tensor].tensor.value[number.index]
                assert number.value == there or there != there


def _numbers(found: Explanation) -> Iterator[Any]:
    for equation in (*found.parts, found.result):
        for term in equation.terms:
            yield from term.factors


EXACT = [name for name, call in TABLE.items() if any(_.dtype.kind == "f" for _ in tf.nest.flatten(list(call.inputs)))]


@pytest.mark.parametrize("name", EXACT)
def test_every_cell_that_moves_the_number_is_named(name: str) -> None:
    """Each cell of the input is nudged: where the result moves, its explanation must name that cell."""
    call, trace = TABLE[name], recorded(name)
    found = [(place, cell, one) for place, cell, one in cells(trace) if one.explained and _all_named(one)]
    before = _results(call, call.inputs)
    again = _results(call, call.inputs)
    if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, again, strict=True)):
        pytest.skip("the operation is random")
    named = {(place.position, cell): {(n.tensor, n.index) for n in _numbers(one)} for place, cell, one in found}
    flat = tf.nest.flatten(list(call.inputs))
    for number, array in enumerate(flat):
        for at in np.ndindex(*array.shape) if array.dtype.kind == "f" else ():
            nudged = [np.array(one) for one in flat]
            nudged[number][at] = nudged[number][at] + np.float32(NUDGE)
            after = _results(call, tf.nest.pack_sequence_as(list(call.inputs), nudged))
            for (position, cell), known in named.items():
                if not math.isclose(before[position][cell], after[position][cell], rel_tol=1e-5, abs_tol=1e-6):
                    assert (f"input:{number}", at) in known, (cell, at)


def _all_named(found: Explanation) -> bool:
    """Not where a number was recomputed from cells that it does not name."""
    return found.form not in ("constant", "random") and not any(n.recomputed and not n.tensor for n in _numbers(found))


def _results(call: Call, inputs: Any) -> list[Any]:
    tensors = tf.nest.map_structure(tf.constant, list(inputs))
    result = call.function(*tensors, *call.literals, **call.keywords)
    if not isinstance(result, (list, tuple)):
        result = [result]
    return [np.asarray(one) for one in result]


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """How much is explained; printed."""
    count: Counter[str] = Counter()
    lines, prints = [], Counter[bool]()
    for name in TABLE:
        kinds = Counter(bool(found.explained) for _, _, found in cells(recorded(name)))
        for _, _, found in cells(recorded(name)):
            prints.update(equation.adds_up for equation in (*found.parts, found.result) if found.explained)
        kind = "explained" if not kinds[False] else "in part" if kinds[True] else "with a reason"
        count[kind] += 1
        if kinds[False]:
            _, _, found = next(one for one in cells(recorded(name)) if not one[2].explained)
            lines.append(f"  {name}: {found.notes[0]}")
    with capsys.disabled():
        print(
            f"\n{len(TABLE)} calls of operations: {dict(count)}; as printed, {prints[True]} of {prints.total()} add up"
        )
        print("\n".join(lines))
    assert count["explained"] >= 0.9 * len(TABLE) and count["in part"] <= len(IN_PART)
    assert prints[True] >= 0.99 * prints.total()
