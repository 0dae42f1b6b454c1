"""What the numbers mean: cells that lose their place, weights of the wrong axis, a future that is seen."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from explorer.analysis.labels import Labels, told
from explorer.analysis.scrambles import scrambles
from explorer.core.arrays import to_array
from explorer.core.doctor.blame import is_keras, method_place
from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.hunting.first_step import Blamed, blamed, operands
from explorer.core.doctor.hunting.masked import tried
from explorer.core.doctor.hunting.program import Program
from explorer.core.doctor.hunting.shrink import shrunk
from explorer.core.doctor.hunting.trials import Trials
from explorer.core.doctor.patient import Patient, own_attributes
from explorer.core.doctor.registry import HUNT, NotApplicable, Verdict, advice, check, failed, passed
from explorer.model.counterexample import Cell
from explorer.model.tape import NOWHERE, Tape
from explorer.model.trace import Message

ROWS = 5
LENGTHS = (7, 5, 11)
"""Prime lengths of sequences: what divides them was not meant. Those that divide another length come last."""
PRODUCTS = frozenset({"MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum"})
"""Operations that add up products of two operands."""
_CAUSAL = re.compile(
    r"(?<!non)(?<!non[_ -])(?<!not )(?<!un)(causal|autoregressive|look_?ahead|left_to_right)", re.IGNORECASE
)


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


def _program(patient: Patient) -> Program:
    """What the layer ran on sequences of a prime length, if it takes them.

    Raises:
        NotApplicable: if it cannot be recorded, or its class is one of Keras's.
    """
    if is_keras(patient.known):
        raise NotApplicable(Message("Its class is one of Keras's own."))
    if "program" not in patient.hunts:
        trials = Trials(patient)
        patient.hunts["program"] = None
        for case in _prime(trials):
            with contextlib.suppress(Exception):
                patient.hunts["program"] = Program(trials, case)
                break
    if patient.hunts["program"] is None:
        raise NotApplicable(Message("Its call could not be recorded."))
    found: Program = patient.hunts["program"]
    return found


def _steps(program: Program) -> list[Ran]:
    """The steps that a person's classes took."""
    found = []
    for frame, step in program.live.steps():
        if len(step.values) != 1 or not isinstance(step.values[0], tf.Tensor):
            continue
        name = step.operation if isinstance(step.operation, str) else getattr(step.operation, "__name__", "")
        if not isinstance(name, str) or (frame.owner is not None and is_keras(type(frame.owner))):
            continue
        given = operands(step)
        tensors = [to_array(x) for x in given if isinstance(x, tf.Tensor)]
        plain = [x for x in given if not isinstance(x, tf.Tensor)]
        found.append(Ran(name, tensors, plain, to_array(step.values[0]), blamed(program.live, frame, step)))
    return found


def _prime(trials: Trials) -> Iterator[Case]:
    """Batches of five with steps of a prime number, as given if the layer takes no others."""
    base = trials.base(ROWS)
    places = trials.steps(base)
    if places:
        length = base.arrays[places[0]].shape[1]
        places = [i for i in places if base.arrays[i].shape[1] == length]
        others = [n for array in base.arrays for n in array.shape[1:]]
        for wanted in sorted(LENGTHS, key=lambda n: any(other % n == 0 for other in others)):
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
    Message("Cells were followed through the reshapes on sequences of a prime length: which axes are split or merged?"),
    Message("Axes are split and merged where they stand; to exchange two of them takes a transpose."),
    Message("Reshape keeps the order of the cells: numbers of different steps or features land in one row, unnoticed."),
    after=("returns_tensors",),
    stage=HUNT,
)
def reshape_order(patient: Patient) -> Verdict:
    """A reshape where a transpose was meant, heads that were split in front of the steps."""
    program = _program(patient)
    count = sum(operation.kind == "Reshape" for operation in program.tape.operations)
    if not count:
        raise NotApplicable(Message("Its call reshapes nothing."), "satisfied")
    for one in scrambles(program.tape):
        step = program.blamed(one.operation)
        seen = Message(
            "{step} makes {after} of {before}: no axis of the one is made of whole axes of the other, so rows mix. "
            "Was a transpose meant?",
            {"step": step.text, "after": str(one.after), "before": str(one.before)},
        )
        return advice(seen, "reshape_scrambles", place=step.place)
    return passed(Message("{count} reshapes split or merge axes.", {"count": count}))


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
    steps = _steps(_program(patient))
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
    Message("Attention compares steps"),
    Message("Where a softmax weighs scores, it was followed from which steps of the input each score comes."),
    Message("Each score comes from several steps, or the output sees several steps in another way."),
    Message("Heads that are compared with each other in place of steps: attention does nothing across the sequence."),
    after=("returns_tensors",),
    stage=HUNT,
)
def attention_steps(patient: Patient) -> Verdict:
    """Heads that were split off and not brought in front of the steps."""
    program = _program(patient)
    labels = program.labels
    places = Trials(patient).steps(program.case)
    if labels is None or any(program.case.arrays[place].ndim != 3 for place in places):
        raise NotApplicable(Message("Its inputs are not sequences of vectors."))
    inputs = {f"input:{place}" for place in places}
    axes = [at for at, axis in enumerate(labels.axes) if axis.tensor in inputs and axis.axis == 1]
    outputs = [number for name, number in program.tape.shown.items() if name.startswith("output:")]
    scores = _scores(labels) if axes else []
    if not scores:
        raise NotApplicable(Message("Its call has no softmax of products of its own numbers."))
    for operation, score in scores:
        places_of = [told(labels, number, axis) for axis in axes for number in (score, *outputs)]
        if all((one == NOWHERE).all() or (one >= 0).all() for one in places_of):
            step = program.blamed(operation)
            seen = Message(
                "{step} weighs numbers of one step only, and no step of the output sees another one. Was a transpose "
                "meant, to bring the heads in front of the steps?",
                {"step": step.text},
            )
            return advice(seen, "attention_within_steps", place=step.place)
    return passed(Message("Steps see each other."))


def _scores(labels: Labels) -> list[tuple[int, int]]:
    """Each softmax of products of the layer's own numbers: its operation, and the number of what it was given."""
    operations = labels.tape.operations
    made = {number: one for one in operations for number in one.outputs}
    found = []
    for at, operation in enumerate(operations):
        number = operation.inputs[0] if operation.kind == "Softmax" else -1
        while number in made and made[number].kind not in PRODUCTS:
            number = next((one for one in made[number].inputs if labels.reaches(one)), -1)
        if number in made and all(map(labels.reaches, made[number].inputs)):
            found.append((at, operation.inputs[0]))
    return found


@check(
    Message("No step sees the future of a causal layer"),
    Message("Each step of a sequence was changed in turn; it was noted which steps of the output change."),
    Message("Where the layer calls itself causal, or hides later steps from earlier ones somewhere: none before it."),
    Message("What is to be predicted stands in the input: training looks perfect, and prediction fails."),
    after=("batch_independence",),
    stage=HUNT,
)
def future_unseen(patient: Patient) -> Verdict:
    """A causal mask that is turned round, left out, or off by one."""
    if is_keras(patient.known):
        raise NotApplicable(Message("Its class is one of Keras's own."))
    trials = Trials(patient)
    case = next(iter(_prime(trials)))
    places = trials.steps(case)  # what comes besides the first sequence may be seen whole, as by a decoder
    if not places or patient.random_at_inference:
        raise NotApplicable(Message("None of its inputs is a sequence."))
    place, length = places[0], case.arrays[places[0]].shape[1]
    reach = _reach(trials, case, place)
    if reach is None or length < 4:
        raise NotApplicable(Message("Its output has other steps than its input."))
    if not np.triu(reach, 1).any():
        return passed(Message("No step of the output sees a later one of the input."))
    claims = _claims_to_be_causal(patient)
    if claims:
        return _leak(patient, trials, case, place, Message("It calls itself causal ({word})", {"word": claims}))
    program = None
    with contextlib.suppress(NotApplicable):
        program = _program(patient)
    if program is not None and _sees_one_later(program, place):
        seen = Message(
            "Each step of the output sees steps before it and exactly one after it. Is a causal mask off by one?"
        )
    elif program is not None and _hides_later_steps(program.tape, length):
        seen = Message(
            "In one place its call hides later steps from earlier ones, and still steps of the output see later ones. "
            "Is it meant to be causal?"
        )
    elif _CAUSAL.search(str(vars(patient.known).get("__doc__"))):
        seen = Message("Its docstring calls it causal, and steps of the output see later steps of the input.")
    else:
        return passed(Message("Steps see later ones, and nothing says that they should not."))
    return advice(seen, "future_seen", place=method_place(patient.known, "call"))


def _sees_one_later(program: Program, place: int) -> bool:
    """Whether every step of the output comes from the next step of an input, none after it, and at least two before."""
    labels, output = program.labels, program.tape.shown.get("output:0")
    axes = labels.axes if labels is not None else ()
    axis = next((at for at, one in enumerate(axes) if (one.tensor, one.axis) == (f"input:{place}", 1)), None)
    if labels is None or output is None or axis is None:
        return False
    by_step = [np.moveaxis(cells(output, axis), 1, 0) for cells in (labels.first, labels.last)]
    first, last = (one.reshape(len(one), -1) for one in by_step)
    steps = np.arange(len(first))
    one_later = last.max(1) == np.minimum(steps + 1, labels.axes[axis].length - 1)
    return bool(one_later.all() and (first.min(1) <= np.maximum(steps - 2, 0)).all())


def _hides_later_steps(tape: Tape, length: int) -> bool:
    """Whether the call sets later steps apart by a triangle, and no earlier ones: then it would look both ways."""
    constants = {known.value: known.array for known in tape.constants}
    squares = [array.reshape(-1, length, length)[0] for array in constants.values() if _is_square(array.shape, length)]
    others = [square != square[0, -1] for square in squares]  # than what it says of the first step and the last one
    triangles = {k: np.tril(np.ones((length, length), bool), k) for k in (-1, 0, 1)}
    known = {k for k, triangle in triangles.items() for other in others if np.array_equal(other, triangle)}
    for operation in tape.operations:
        if operation.kind == "MatrixBandPart" and _is_square(tape.values[operation.outputs[0]].shape, length):
            ends = [constants.get(number) for number in operation.inputs[1:]]
            known |= {0 if end is ends[1] else -1 for end in ends if end is not None and int(end) >= 0}
    return bool(known) and -1 not in known


def _is_square(shape: Sequence[int], length: int) -> bool:
    return tuple(shape[-2:]) == (length, length)


def _reach(trials: Trials, case: Case, place: int) -> np.ndarray | None:
    """Which step of the output (row) changes with which step of the input (column): one call, a sample for each."""
    array = case.arrays[place]
    length = array.shape[1]
    batch = np.repeat(array[:1], length + 1, axis=0)
    for step in range(length):
        batch[step, step] = _other(batch[step, step], trials.ranges[place])
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
        before, after = tried(trials, one), tried(trials, _future_changed(trials, one, place))
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
        told = trials.told("equal", what, [small, _future_changed(trials, small, place)], [found, found])
    seen = Message("{why}, and a step of the output changes with later steps of the input.", {"why": why})
    return failed(seen, "future_seen", place=method_place(patient.known, "call"), counterexample=told)


def _future_changed(trials: Trials, case: Case, place: int) -> Case:
    array = case.arrays[place].copy()
    array[:, 1:] = _other(array[:, 1:], trials.ranges[place])
    return case.with_array(place, array)


def _other(numbers: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Other numbers; of whole ones the smallest that was given, or the largest."""
    if numbers.dtype.kind == "f":
        return np.asarray(numbers * -1.5 + 0.7)
    low, high = ends
    return np.where(numbers == low, high, low).astype(numbers.dtype)


def _claims_to_be_causal(patient: Patient) -> str:
    """The word by which a layer calls itself causal: its class's name, or an attribute that is true."""
    name = patient.known.__name__
    if _CAUSAL.search(name):
        return name
    for attribute, value in own_attributes(patient.subject).items():
        if _CAUSAL.search(attribute) and value is True:
            return f"{attribute}=True"
    return ""
