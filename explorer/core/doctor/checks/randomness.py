"""Random numbers: none where none are meant, new ones where they are."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from explorer.core.arrays import to_array
from explorer.core.doctor.blame import find, method_place
from explorer.core.doctor.compare import difference, tensors_of
from explorer.core.doctor.divergence import first_call_apart
from explorer.core.doctor.findings import suspected
from explorer.core.doctor.isolation import reseed
from explorer.core.doctor.patient import Patient, values_of
from explorer.core.doctor.registry import NotApplicable, Verdict, advice, by_design, check, failed, passed
from explorer.core.keras_private import op_callbacks
from explorer.model.trace import Message

ROWS = 3
BITS = 20.0
"""Whole numbers that are equal in two calls hold at least so many bits of chance, or nothing is said of them."""


@check(
    Message("Inference repeats itself"),
    Message("It was called twice on the same input; where the results differ, again from the same state."),
    Message("The same output. Random numbers may only come from a seed generator that the layer holds."),
    Message("A prediction that changes from call to call cannot be tested, saved or trusted."),
    after=("call", "returns_tensors", "no_new_variables"),
)
def repeatable(patient: Patient) -> Verdict:
    """Twice the same; or random by its own, tracked generator."""
    layer = patient.copy()
    before = values_of(layer)
    patient.restored(layer, before)  # of a stateful layer the states, too
    reseed()
    first = tensors_of(patient.call(layer))
    second = tensors_of(patient.call(layer))
    apart = difference(first, second)
    if not apart:
        return passed(Message("Twice the same."))
    if patient.keeps_state_outside or any(
        not np.array_equal(a, b) for a, b in zip(before, values_of(layer), strict=True)
    ):
        patient.restored(layer, before)
        if not difference(first, tensors_of(patient.call(layer))):
            seen = {"apart": apart}
            return by_design(
                Message("The calls differ ({apart}); from the same state of its variables they agree.", seen),
                "satisfied",
            )
    place = find(patient.known, _draws_outside) or first_call_apart(patient) or method_place(patient.known, "call")
    what = Message("Two calls on the same input differ: {apart}.", {"apart": apart})
    if _drawn_in_graphs(patient):
        why = Message(
            "The random numbers come from the program's generator, and not from one that the layer holds: only the "
            "seed of the whole program repeats them."
        )
        return advice(Message("{seen} {why}", {"seen": what, "why": why}), place=place)
    return failed(what, place=place)


def _drawn_in_graphs(patient: Patient) -> bool:
    """Whether a graph draws anew in each run, too: Python's or NumPy's numbers would stay as they were traced."""
    try:
        one, other = (tensors_of(patient.traced(patient.batch(ROWS))) for _ in range(2))
    except Exception:
        return False
    return bool(difference(one, other))


@check(
    Message("Training draws new random numbers in each call"),
    Message("The random operations of two calls with training=True were compared."),
    Message("Other numbers in the second call."),
    Message("Noise that is the same in every step does not act as noise: the layer adapts to these very numbers."),
    after=("call", "no_new_variables"),
)
def fresh_noise(patient: Patient) -> Verdict:
    """A constant seed in `call`."""
    layer = patient.copy()
    drawn: list[list[Any]] = []
    for _ in range(2):
        listed: list[Any] = []
        with _listening(listed):
            patient.call(layer, None, True)
        drawn.append(listed)
    if not drawn[0]:
        raise NotApplicable(Message("It draws no random numbers."))
    repeated = [
        name
        for (name, one), (other_name, other) in zip(*drawn, strict=False)
        if name == other_name and one.shape == other.shape and np.array_equal(one, other) and not _by_chance(one)
    ]
    if not repeated:
        return passed(Message("{count} random operations, all with new numbers.", {"count": len(drawn[0])}))
    facts = suspected(patient.known, "constant_seed") or {
        "place": find(patient.known, _passes_seed) or method_place(patient.known, "call")
    }
    return failed(
        Message("{operation} drew the same numbers in both calls.", {"operation": repeated[0]}),
        "constant_seed",
        **facts,
    )


def _by_chance(drawn: np.ndarray) -> bool:
    """Whether the same numbers may well be drawn twice: one number only, or few whole numbers out of few."""
    if drawn.dtype.kind == "f":
        return drawn.size == 1
    parts = np.unique(drawn, return_counts=True)[1] / drawn.size
    return float(-drawn.size * np.sum(parts * np.log2(parts))) < BITS


def _draws_outside(node: Any) -> bool:
    """`np.random.normal(...)`, `random.random()`, `tf.random.normal(...)`: generators that no layer holds."""
    names: list[str] = []
    part = node.func if isinstance(node, ast.Call) else None
    while isinstance(part, ast.Attribute):
        names.append(part.attr)
        part = part.value
    root = part.id if isinstance(part, ast.Name) else ""
    return root in ("np", "numpy", "tf", "tensorflow", "random") and "random" in (*names[1:], root)


def _passes_seed(node: Any) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "seed" and isinstance(node.value, ast.Constant)


class _listening:
    """Note the random operations that run in the block, with what they drew."""

    def __init__(self, into: list[Any]) -> None:
        self._into = into

    def __enter__(self) -> None:
        op_callbacks.add_op_callback(self._note)

    def __exit__(self, *_: object) -> None:
        op_callbacks.remove_op_callback(self._note)

    def _note(
        self, op_type: Any, inputs: Any, attributes: Any, outputs: Any, op_name: Any = None, graph: Any = None
    ) -> None:
        name = op_type.decode() if isinstance(op_type, bytes) else str(op_type)
        if graph is None and ("Random" in name or "Multinomial" in name) and "Get" not in name and "Seed" not in name:
            for output in outputs:
                array = to_array(output)
                if array.dtype.kind == "f" or array.size > 1:
                    self._into.append((name, array))
