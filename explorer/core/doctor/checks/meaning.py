"""What the numbers mean: cells that lose their place, weights of the wrong axis, a future that is seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.doctor.blame import is_keras, method_place
from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.hunting.first_step import Blamed, blamed, happened, operands
from explorer.core.doctor.hunting.masked import tried
from explorer.core.doctor.hunting.shrink import shrunk
from explorer.core.doctor.hunting.trials import Trials
from explorer.core.doctor.patient import Patient, own_attributes
from explorer.core.doctor.registry import HUNT, NotApplicable, Verdict, advice, check, failed, passed
from explorer.model.counterexample import Cell
from explorer.model.trace import Message

ROWS = 5
LENGTHS = (7, 5)
"""Prime lengths of sequences: what divides them was not meant."""
_CAUSAL = re.compile(r"(?<!non)(?<!non_)(?<!un)(causal|autoregressive)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Ran:
    """One step of a person's code.

    Attributes:
        name: of the operation, without its module.
        values: of its operands that are tensors, in order.
        plain: its operands that are no tensors, in order.
        result: its value.
        blamed: itself, to be told.
    """

    name: str
    values: list[np.ndarray]
    plain: list[Any]
    result: np.ndarray
    blamed: Blamed


def _steps(patient: Patient) -> list[Ran]:
    """The steps that a person's classes took on sequences of a prime length, if the layer takes them.

    Raises:
        NotApplicable: if it cannot be recorded, or its class is one of Keras's.
    """
    if "steps" not in patient.hunts:
        patient.hunts["steps"] = _recorded(patient)
    found: list[Ran] = patient.hunts["steps"]
    return found


def _recorded(patient: Patient) -> list[Ran]:
    if is_keras(patient.known):
        raise NotApplicable(Message("Its class is one of Keras's own."))
    trials = Trials(patient)
    for case in _prime(trials):
        live, _ = happened(trials, case)
        if live is None:
            continue
        found = []
        for frame, step in live.steps():
            if len(step.values) != 1 or not isinstance(step.values[0], tf.Tensor):
                continue
            name = step.operation if isinstance(step.operation, str) else getattr(step.operation, "__name__", "")
            if not isinstance(name, str) or (frame.owner is not None and is_keras(type(frame.owner))):
                continue
            given = operands(step)
            tensors = [to_array(x) for x in given if isinstance(x, tf.Tensor)]
            plain = [x for x in given if not isinstance(x, tf.Tensor)]
            found.append(Ran(name, tensors, plain, to_array(step.values[0]), blamed(live, frame, step)))
        return found
    raise NotApplicable(Message("Its call could not be recorded."))


def _prime(trials: Trials) -> Iterator[Case]:
    """Batches of five with steps of a prime number, as given if the layer takes no others."""
    base = trials.base(ROWS)
    places = trials.steps(base)
    if places:
        length = base.arrays[places[0]].shape[1]
        places = [i for i in places if base.arrays[i].shape[1] == length]
        for wanted in LENGTHS:
            case = base.taken(1, [i % length for i in range(wanted)], places)
            noise = np.random.default_rng(wanted)
            for place in places:
                array = case.arrays[place]
                if array.dtype.kind == "f":
                    low, high = trials.ranges[place]
                    other = array + noise.standard_normal(array.shape)
                    case = case.with_array(place, np.clip(other, low, max(high, low + 1)).astype(array.dtype))
            try:
                trials.see(case)
            except Exception:
                continue
            yield case
    yield base


@check(
    Message("Reshape keeps the axes apart"),
    Message("Each reshape was looked at on sequences of a prime length: which axes does it split or merge?"),
    Message("Axes are split and merged where they stand; to exchange two of them takes a transpose."),
    Message("Reshape keeps the order of the cells: numbers of different steps or features land in one row, unnoticed."),
    after=("returns_tensors",),
    stage=HUNT,
)
def reshape_order(patient: Patient) -> Verdict:
    """A reshape where a transpose was meant, heads that were split in front of the steps."""
    found = [ran for ran in _steps(patient) if ran.name == "reshape" and ran.values]
    if not found:
        raise NotApplicable(Message("Its call reshapes nothing."))
    for ran in found:
        before, after = ran.values[0].shape, ran.result.shape
        if _scrambles(before, after):
            seen = Message(
                "{step} makes {after} of {before}: no axis of the one is made of whole axes of the other, so rows mix. "
                "Was a transpose meant?",
                {"step": ran.blamed.text, "after": str(after), "before": str(before)},
            )
            return advice(seen, "reshape_scrambles", place=ran.blamed.place)
    return passed(Message("{count} reshapes split or merge axes.", {"count": len(found)}))


def _scrambles(before: Sequence[int], after: Sequence[int]) -> bool:
    """Whether rows of the one shape begin inside rows of the other, and the other way round."""
    one, other = (np.cumprod([n for n in shape if n > 1]).tolist() for shape in (before, after))
    return any(a % b and b % a for a in one for b in other)


@check(
    Message("Softmax weighs what is added up"),
    Message("Where a softmax is multiplied and added up, it was looked at along which axis its numbers add up to 1."),
    Message("Along the axis that is added up."),
    Message("The sum is no weighted mean then: attention looks at nothing in particular, and training hides it."),
    after=("returns_tensors",),
    stage=HUNT,
)
def softmax_axis(patient: Patient) -> Verdict:
    """A softmax over queries, over a batch, or over an axis of one cell."""
    steps = _steps(patient)
    alphas = [ran for ran in steps if ran.name == "softmax" and ran.result.ndim]
    if not alphas:
        raise NotApplicable(Message("Its call has no softmax."))
    for alpha in alphas:
        if alpha.result.size > 1 and (alpha.result == 1).all():
            seen = Message("{step} is 1 everywhere: its axis has one cell.", {"step": alpha.blamed.text})
            return advice(seen, "softmax_axis", place=alpha.blamed.place)
    for ran in steps:
        for weights, axis in _contracted(ran, steps):
            one = next((a for a in alphas if np.array_equal(a.result, weights)), None)
            if one is None or _is_one(weights, axis):
                continue
            right = [other for other in range(weights.ndim) if _is_one(weights, other)]
            if right:
                seen = Message(
                    "The numbers of {step} add up to 1 along axis {axis}; {sum} adds them up along axis {other}. Which "
                    "of them is meant?",
                    {"step": one.blamed.text, "axis": right[-1], "sum": ran.blamed.text, "other": axis},
                )
                return advice(seen, "softmax_axis", place=one.blamed.place)
    return passed(Message("{count} softmax, along the axes that are added up.", {"count": len(alphas)}))


def _is_one(weights: np.ndarray, axis: int) -> bool:
    return bool(np.allclose(weights.sum(axis=axis), 1, atol=1e-3))


def _contracted(ran: Ran, steps: Sequence[Ran]) -> Iterator[tuple[np.ndarray, int]]:
    """The operands of a product that is added up, each with the axis along which that happens.

    Not those of einsum: capsules and slots are routed by a softmax over what receives, and that is meant.
    """
    if ran.name in ("matmul", "@") and len(ran.values) == 2 and min(x.ndim for x in ran.values) > 1:
        transposed = any(word is True for word in ran.plain)
        if not transposed:
            yield ran.values[0], ran.values[0].ndim - 1
            yield ran.values[1], ran.values[1].ndim - 2
    elif ran.name in ("sum", "reduce_sum") and len(ran.values) == 1:
        products = (s for s in steps if s.name in ("*", "multiply") and np.array_equal(s.result, ran.values[0]))
        product = next(products, None)
        axes = [word for word in ran.plain if isinstance(word, int) and not isinstance(word, bool)]
        if product is not None and len(axes) == 1:
            axis = axes[0] % product.result.ndim
            yield from ((x, axis) for x in product.values if x.ndim == product.result.ndim)


@check(
    Message("No step sees the future of a causal layer"),
    Message("Each step of a sequence was changed in turn; it was noted which steps of the output change."),
    Message("Where the layer calls itself causal, and where all but the next step is hidden: none before it."),
    Message("What is to be predicted stands in the input: training looks perfect, and prediction fails."),
    after=("batch_independence",),
    stage=HUNT,
)
def future_unseen(patient: Patient) -> Verdict:
    """A causal mask that is turned round, left out, or off by one."""
    trials = Trials(patient)
    case = next(iter(_prime(trials)))
    places = [i for i in trials.steps(case) if case.arrays[i].dtype.kind == "f"]
    if not places or len(trials.steps(case)) > 1 or patient.random_at_inference:
        raise NotApplicable(Message("Its input is not one sequence of floating-point numbers."))
    place = places[0]
    length = case.arrays[place].shape[1]
    reach = _reach(trials, case, place)
    if reach is None or length < 4:
        raise NotApplicable(Message("Its output has other steps than its input."))
    future = [(t, s) for t in range(length) for s in range(t + 1, length) if reach[t, s]]
    if not future:
        return passed(Message("No step of the output sees a later one of the input."))
    claims = _claims_to_be_causal(patient)
    if claims:
        return _leak(patient, trials, case, place, Message("It calls itself causal ({word})", {"word": claims}))
    past = all(reach[t, s] for t in range(length) for s in range(t + 1))
    if past and all(s == t + 1 for t, s in future) and len(future) == length - 1:
        seen = Message(
            "Each step of the output sees all steps before it and exactly one after it. Is a causal mask off by one?"
        )
        return advice(seen, "future_seen", place=method_place(patient.known, "call"))
    return passed(Message("Steps see later ones, and nothing says that they should not."))


def _reach(trials: Trials, case: Case, place: int) -> np.ndarray | None:
    """Which step of the output (row) changes with which step of the input (column): one call, a sample for each."""
    array = case.arrays[place]
    length = array.shape[1]
    batch = np.repeat(array[:1], length + 1, axis=0)
    for step in range(length):
        batch[step, step] = batch[step, step] * -1.5 + 0.7
    others = tuple(np.repeat(x[:1], length + 1, axis=0) for x in case.arrays)
    seen = tried(trials, Case(others).with_array(place, batch))
    if seen is None or not seen.outputs or seen.outputs[0].dtype.kind != "f":
        return None
    output = seen.outputs[0]
    if output.ndim < 2 or output.shape[:2] != (length + 1, length):
        return None
    apart = ~np.isclose(output[:-1], output[-1:], rtol=1e-4, atol=1e-5, equal_nan=True)
    return np.asarray(apart.reshape(length, length, -1).any(-1).T)


def _leak(patient: Patient, trials: Trials, case: Case, place: int, why: Message) -> Verdict:
    def cell(one: Case) -> Cell | None:
        array = one.arrays[place]
        before, after = tried(trials, one), tried(trials, _future_changed(one, place))
        if before is None or after is None or array.shape[1] < 2:
            return None
        a, b = before.outputs[0][:, :1], after.outputs[0][:, :1]
        if a.shape != b.shape:
            return None
        wrong = np.argwhere(~np.isclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True))
        return Cell(0, tuple(int(i) for i in wrong[0])) if len(wrong) else None

    small = shrunk(case, lambda one: cell(one) is not None)
    found = cell(small)
    what = Message("Later steps of the input changed, and the first step of the output with them.")
    told = None
    if found is not None:
        told = trials.told("equal", what, [small, _future_changed(small, place)], [found, found])
    seen = Message("{why}, and a step of the output changes with later steps of the input.", {"why": why})
    return failed(seen, "future_seen", place=method_place(patient.known, "call"), counterexample=told)


def _future_changed(case: Case, place: int) -> Case:
    array = case.arrays[place].copy()
    array[:, 1:] = array[:, 1:] * -1.5 + 0.7
    return case.with_array(place, array)


def _claims_to_be_causal(patient: Patient) -> str:
    """The word by which a layer calls itself causal: its class's name, or an attribute that is true."""
    name = patient.known.__name__ if isinstance(patient.known, type) else ""
    if _CAUSAL.search(name):
        return name
    for attribute, value in own_attributes(patient.subject).items():
        if _CAUSAL.search(attribute) and value is True:
            return f"{attribute}=True"
    return ""
