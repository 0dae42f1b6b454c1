"""What is connected to nothing: parts that no call reaches, inputs and states that change nothing, fixed lengths."""

from __future__ import annotations

import functools
import reprlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import named_variables
from explorer.core.calling import instead_of_call
from explorer.core.doctor.blame import assignment_place, error_place, find, is_keras, method_place, raised_here
from explorer.core.doctor.compare import identical, same, tensors_of
from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.hunting.masked import tried
from explorer.core.doctor.hunting.shrink import shrunk
from explorer.core.doctor.hunting.trials import Seen, Trials
from explorer.core.doctor.patient import Patient, differs, own_attributes
from explorer.core.doctor.registry import HUNT, NotApplicable, Verdict, advice, by_design, check, failed, passed
from explorer.core.keras_private import own_variables, parts_of
from explorer.model.fix import Fix
from explorer.model.trace import Message

SEEDS = (1, 2, 3)
"""So many other numbers are tried before an input is said to change nothing."""


@check(
    Message("Every part is called"),
    Message("It was called at inference and in training, and it was noted which layers inside it were called."),
    Message("Each layer that it holds is called, or its weights are read."),
    Message("A layer that is never called does nothing, and its weights are counted and saved all the same."),
    after=("returns_tensors", "repeatable"),
    stage=HUNT,
)
def parts_called(patient: Patient) -> Verdict:
    """Layers that a class of one's own holds, and that no call reaches."""
    layer = patient.copy()
    parts = list(_own_parts(layer))
    if not parts:
        raise NotApplicable(Message("It holds no layers, or only those that Keras put there."))
    called: set[int] = set()
    for part in parts_of(layer, itself=False):
        _listen(part, called)
    read: set[int] = set()
    for training in (False, True):
        with tf.GradientTape() as tape:
            try:
                patient.outputs(layer, training=training)
            except Exception:
                continue
        read |= {id(variable) for variable in tape.watched_variables()}
    idle = [
        (name, part)
        for name, part in parts
        if id(part) not in called
        and not any(id(v.value) in read for v in part.variables)  # of a frozen part, too
        and not any(id(inner) in called for inner in parts_of(part, itself=False))
    ]
    if not idle:
        return passed(Message("{count} layers, all called.", {"count": len(parts)}))
    names = ", ".join(f"{name} ({type(part).__name__})" for name, part in idle)
    attribute = idle[0][0].partition("[")[0].removeprefix("self.").rpartition(".")[2]
    place = assignment_place(patient.known, attribute) or method_place(patient.known, "call")
    return advice(Message("Never called: {names}.", {"names": names}), "part_never_called", place=place)


def _own_parts(layer: Any) -> Iterator[tuple[str, Any]]:
    """The layers that the attributes of a person's classes hold, with their names: "self.dense[0]"."""
    for owner in parts_of(layer):
        if is_keras(type(owner)):
            continue
        path = "self" if owner is layer else f"self.{owner.name}"
        for attribute, value in own_attributes(owner).items():
            for index, part in () if attribute.startswith("_self_") else _layers_in(value):  # TensorFlow's lists
                yield f"{path}.{attribute}{index}", part


def _layers_in(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, keras.layers.Layer):
        yield "", value
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from ((f"[{number}]{index}", part) for index, part in _layers_in(item))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from ((f"[{key!r}]{index}", part) for index, part in _layers_in(item))


def _listen(part: Any, called: set[int]) -> None:
    original = part.call

    @functools.wraps(original)
    def observed(*arguments: Any, **keywords: Any) -> Any:
        called.add(id(part))
        return original(*arguments, **keywords)

    vars(part)["call"] = observed


@check(
    Message("Its defaults stay as they are"),
    Message("The defaults of the constructor were compared before and after a twin was made, built and called."),
    Message("No change: a list or a dictionary is made anew for each layer."),
    Message("All layers of the class share that default; each one that is made finds what those before it left there."),
)
def defaults_stay(patient: Patient) -> Verdict:
    """A list in the signature that the constructor, or a method, changes."""
    known = patient.known
    if is_keras(known):
        raise NotApplicable(Message("Its class is one of Keras's own."))
    if not patient.defaults:
        raise NotApplicable(Message("No default of its constructor can be changed."), "satisfied")
    patient.put_defaults_back()
    try:
        patient.call(known())
    except Exception as error:
        raise NotApplicable(Message("It cannot be made without arguments.")) from error
    for name, (value, before) in patient.defaults.items():
        if differs(value, before):
            facts = {"argument": name, "before": reprlib.repr(before), "after": reprlib.repr(value)}
            seen = Message("Making one changed the default of {argument}: it was {before}, and is {after}.", facts)
            fix = Fix(Message("Let the default be None, and make a new one in the constructor."))
            return failed(seen, "shared_default", place=method_place(known, "__init__"), fix=fix)
    return passed(Message("They stay."))


@check(
    Message("Every input counts"),
    Message("Each input, and each state of a recurrent cell, was given other numbers while all others stayed."),
    Message("An output, a mask or a loss changes."),
    Message("An input that changes nothing is not forwarded: the layer does not do what its call promises."),
    after=("returns_tensors", "repeatable", "attributes_stay"),
    stage=HUNT,
)
def inputs_count(patient: Patient) -> Verdict:
    """Inputs that are taken and never used, through layers inside it, too; states that a cell ignores."""
    ignored = _ignored_state(patient)
    if ignored is not None:
        return ignored
    trials = Trials(patient)
    base = trials.base()
    if len(base.arrays) < 2:
        raise NotApplicable(Message("It has one input, and no cell with states."))
    usual = tried(trials, base)
    if usual is None:
        raise NotApplicable(Message("It has no other numbers to try."))
    idle = [place for place in range(len(base.arrays)) if _is_idle(trials, base, place, usual)]
    if not idle:
        return passed(Message("Each changes something."))
    if len(idle) == len(base.arrays):
        return by_design(Message("No input changes anything: the output follows from their shapes, or from nothing."))
    names = patient.written_names()
    seen = Message("Input {name} changes nothing.", {"name": names[idle[0]]})
    return advice(seen, "input_ignored", place=method_place(patient.known, "call"))


def _is_idle(trials: Trials, base: Case, place: int, usual: Seen) -> bool:
    """Whether other numbers of an input change nothing; not so if none are known: all whole numbers given are one."""
    array, (low, high), told = base.arrays[place], trials.ranges[place], False
    for seed in SEEDS:
        numbers = np.random.default_rng(seed)
        other: np.ndarray
        if array.dtype.kind == "f":
            other = numbers.uniform(low - 1 if low < 0 else low, high + 1, array.shape)
        elif array.dtype.kind == "b":
            other = ~array if seed == SEEDS[0] else numbers.random(array.shape) < 0.5
        else:
            other = numbers.integers(int(low), int(high) + 1, array.shape)
        if np.array_equal(other, array):
            continue
        told = True
        for training in {False, trials.takes_training}:
            case = Case(base.arrays, base.masks, training)
            before = usual if not training else tried(trials, case)
            after = tried(trials, case.with_array(place, other.astype(array.dtype)))
            if before is None or after is None or _differ(before, after):
                return False
    return told


def _differ(one: Seen, other: Seen) -> bool:
    """Whether any bit differs: what changes nothing leaves all of them, and half precision rounds much away."""
    if one.losses != other.losses or not all(map(identical, one.outputs, other.outputs)):
        return True
    masks = [(a, b) for a, b in zip(one.masks, other.masks, strict=True) if a is not None or b is not None]
    return any(a is None or b is None or not np.array_equal(a, b) for a, b in masks)


def _ignored_state(patient: Patient) -> Verdict | None:
    """A state of a person's cell that changes neither its output nor its next states."""
    layer = patient.copy()
    cells = [part for part in parts_of(layer) if hasattr(part, "state_size") and not is_keras(type(part))]
    for cell in cells:
        calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        original = cell.call

        @functools.wraps(original)
        def observed(*arguments: Any, _original: Any = original, _calls: list[Any] = calls, **keywords: Any) -> Any:
            _calls.append((arguments, keywords))
            return _original(*arguments, **keywords)

        with instead_of_call(cell, observed):
            patient.call(layer)
        if not calls or len(calls[0][0]) < 2:
            continue
        (inputs, states, *rest), keywords = calls[0]
        flat = keras.tree.flatten(states)
        usual = tensors_of(original(inputs, states, *rest, **keywords))
        for number, state in enumerate(flat):
            numbers = np.random.default_rng(number).standard_normal(state.shape)
            other = [*flat[:number], tf.constant(numbers, state.dtype), *flat[number + 1 :]]
            changed = original(inputs, keras.tree.pack_sequence_as(states, other), *rest, **keywords)
            if same(usual, tensors_of(changed)):
                seen = Message(
                    "State {number} of {cell} changes neither its output nor its next states.",
                    {"number": number, "cell": type(cell).__name__},
                )
                return advice(seen, "state_ignored", place=method_place(type(cell), "call"))
    return None


@check(
    Message("Its loss does not grow with the batch"),
    Message("The losses that it adds were compared for a batch, and for the same batch twice and four times over."),
    Message("The same loss: a mean over the samples, as Keras's own losses and regularizers of activities are."),
    Message("A sum weighs more in a larger batch, so batch size changes what is learned."),
    after=("losses",),
    stage=HUNT,
)
def loss_scale(patient: Patient) -> Verdict:
    """Losses of twice the batch that are twice as large."""
    if patient.outcomes.get("losses") == "not applicable":
        raise NotApplicable(Message("It adds no loss."))
    trials = Trials(patient)
    base = Case(trials.base().arrays, training=trials.takes_training)

    def grows(case: Case) -> bool:
        found = [tried(trials, _repeated(trials, case, times)) for times in (1, 2, 4)]
        losses = [seen.losses for seen in found if seen is not None]
        if len(losses) < 3 or abs(losses[0]) < 1e-6:
            return False
        fixed = sum(float(loss) for loss in _weight_losses(trials, case))
        one, two, four = (loss - fixed for loss in losses)
        return abs(one) > 1e-6 and abs(two / one - 2) < 0.05 and abs(four / one - 4) < 0.1

    if not grows(base):
        return passed(Message("It stays."))
    small = shrunk(base, grows)
    numbers = [tried(trials, _repeated(trials, small, times)) for times in (1, 2)]
    one, two = (0.0 if seen is None else seen.losses for seen in numbers)
    what = Message(
        "The same samples twice over: the loss went from {one} to {two}.", {"one": f"{one:.6g}", "two": f"{two:.6g}"}
    )
    told = trials.told("equal loss", what, [small, _repeated(trials, small, 2)])
    place = _where_losses_are_added(patient)
    return advice(what, "loss_grows_with_batch", place=place, counterexample=told)


def _where_losses_are_added(patient: Patient) -> Any:
    def adds(node: Any) -> bool:
        return getattr(getattr(node, "func", None), "attr", "") == "add_loss"

    return find(patient.known, adds) or method_place(patient.known, "call")


def _weight_losses(trials: Trials, case: Case) -> list[Any]:
    layer = trials.layer(case)
    return [v.regularizer(v) for part in parts_of(layer) for v in part.trainable_variables if v.regularizer is not None]


def _repeated(trials: Trials, case: Case, times: int) -> Case:
    for place, axis in enumerate(trials.patient.batching.axes):
        if axis is not None:
            case = case.with_array(place, np.concatenate([case.arrays[place]] * times, axis))
    return case


@check(
    Message("It takes sequences of other lengths"),
    Message("Twins were built on the given sequences and on longer ones; then the first was called on the longer."),
    Message("A result, or weights whose shapes have nothing to do with the first length."),
    Message("Texts, sounds and time series differ in length; what the first batch fixed refuses or cuts the next."),
    after=("graph",),
    stage=HUNT,
)
def other_lengths(patient: Patient) -> Verdict:
    """A table that `build` makes as long as the first sequence; as many steps as features that happen to meet."""
    trials = Trials(patient, twins=True)
    base = trials.base()
    places = [i for i in trials.steps(base) if base.arrays[i].shape[1] > 1]
    if not places:
        raise NotApplicable(Message("Its input has no axis of steps."))
    patient.twin()
    length = base.arrays[places[0]].shape[1]
    places = [i for i in places if base.arrays[i].shape[1] == length]
    longer = base.taken(1, [*range(length), 0, 1 % length], places)
    try:
        one, other = trials.layer(base), trials.layer(longer)
    except Exception as error:
        if _is_square(trials, base, longer) and not raised_here(error, patient.known):
            return _square(trials, longer, error)
        raise NotApplicable(Message("It takes sequences of one length only.")) from error
    fixed = [name for name, (a, b) in _tables(one, other).items() if _grew(a, b, base.arrays[places[0]].shape)]
    if not fixed:
        return passed(Message("Nothing in it has the length of the first sequence."))

    def refuses(case: Case) -> bool:
        grown = case.taken(1, [*range(case.arrays[places[0]].shape[1]), 0], places)
        try:
            trials.see(case)
        except Exception:
            return False
        try:
            trials.see(grown, layer=trials.layer(case))
        except Exception:
            return True
        return False

    if not refuses(base):
        return passed(Message("A longer sequence gave a result."))
    small = shrunk(base, refuses)
    grown = small.taken(1, [*range(small.arrays[places[0]].shape[1]), 0], places)
    first, more = (case.arrays[places[0]].shape[1] for case in (small, grown))
    what = Message(
        "{names} has the length of the first sequence: after {first} steps a call on {more} steps fails.",
        {"names": ", ".join(fixed), "first": first, "more": more},
    )
    attribute = fixed[0].rpartition("/")[2].removeprefix("self.")
    place = assignment_place(patient.known, attribute, ("build",)) or method_place(patient.known, "build")
    return advice(what, "fixed_length", place=place, counterexample=trials.told("runs", what, [small, grown]))


def _is_square(trials: Trials, base: Case, longer: Case) -> bool:
    """Whether it runs where the only input has as many steps as features, and where both are longer alike."""
    if len(base.arrays) != 1 or base.arrays[0].ndim != 3 or base.arrays[0].shape[1] != base.arrays[0].shape[2]:
        return False
    return tried(trials, longer.taken(2, [*range(base.arrays[0].shape[2]), 0, 0], [0])) is not None


def _square(trials: Trials, longer: Case, error: Exception) -> Verdict:
    """What to say of a layer that fails where there are more steps than features."""

    def fails(case: Case) -> bool:
        return tried(trials, case) is None

    small = shrunk(longer, fails)
    steps, features = small.arrays[0].shape[1:]
    what = Message(
        "On {steps} steps of {features} features it fails; it runs where there are as many of both.",
        {"steps": steps, "features": features},
    )
    place = error_place(error, trials.patient.known) or method_place(trials.patient.known, "call")
    return advice(what, "equal_lengths", place=place, counterexample=trials.told("runs", what, [small]))


def _tables(one: Any, other: Any) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """The shapes of weights and arrays that a person's classes hold, in both layers, by name."""
    found = {}
    names = {id(variable): name for name, variable in named_variables(one, one.variables).items()}
    for part, twin in zip(parts_of(one), parts_of(other), strict=False):
        if is_keras(type(part)) or type(part) is not type(twin):
            continue
        for a, b in zip(own_variables(part), own_variables(twin), strict=False):
            found[names[id(a)]] = tuple(a.shape), tuple(b.shape)
        mine, theirs = own_attributes(part), own_attributes(twin)
        for name, value in mine.items():
            if isinstance(value, (np.ndarray, tf.Tensor)) and hasattr(theirs.get(name), "shape"):
                found[f"self.{name}"] = tuple(value.shape), tuple(theirs[name].shape)
    return found


def _grew(one: tuple[int, ...], other: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether it is a table with a cell, a row or a square for the steps, as long as the sequence it was made for."""
    length, row = shape[1], shape[1:]
    table = tuple(n for n in one if n != 1) in {(length,), row, (length, length)} and len(one) == len(other)
    return table and any(a == length and b == length + 2 for a, b in zip(one, other, strict=True))
