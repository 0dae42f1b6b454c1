"""A layer's state: what it computes with is tracked, complete after build, and not changed behind Keras's back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import relative_path, to_array
from explorer.core.doctor.blame import assignment_place, is_keras, method_place
from explorer.core.doctor.compare import identical, same, tensors_of
from explorer.core.doctor.findings import suspected, told
from explorer.core.doctor.isolation import program_state, reseed
from explorer.core.doctor.patient import Patient, own_attributes, states_of, takes, values_of
from explorer.core.doctor.registry import NotApplicable, Verdict, advice, check, failed, passed
from explorer.core.doctor.samples import batch_of
from explorer.core.names import reset_names
from explorer.model.trace import Message


@check(
    Message("All its state is tracked"),
    Message("The variables that the traced call reads, and those in attributes, were looked for in layer.variables."),
    Message("Every one is there."),
    Message("What Keras does not track is not counted, not trained and not saved."),
    after=("call",),
)
def tracked_state(patient: Patient) -> Verdict:
    """Variables that the layer uses or holds, and Keras does not know."""
    layer = patient.subject
    try:
        captured, layer = patient.traced.variables, patient.traced.layer
    except Exception:  # the check "graph" tells why; the attributes can be looked at all the same
        captured = ()
    own = {id(variable.value) for variable in layer.variables}
    known = own.union(program_state(), (id(state.value) for state in states_of(layer)))
    lost = {id(v): "" for v in captured if id(v) not in known}
    held = dict(_held(layer))
    for name, variable in held.items():
        value = variable.value if isinstance(variable, keras.Variable) else variable
        if id(value) not in known:
            lost[id(value)] = name
    if not lost:
        return passed(Message("{count} variables, all tracked.", {"count": len(own)}))
    names = [name for name in lost.values() if name]
    facts = suspected(patient.known, "untracked_weight")
    if names:
        facts = facts or {"place": assignment_place(patient.known, names[0].partition("[")[0])}
        seen = Message("Not in layer.variables: {names}.", {"names": ", ".join(f"self.{name}" for name in names)})
    else:
        facts = facts or {"place": method_place(patient.known, "call")}
        seen = Message("The call reads {count} variables that the layer does not hold.", {"count": len(lost)})
    return failed(seen, "untracked_weight", **facts)


def _held(layer: Any) -> Iterator[tuple[str, Any]]:
    for name, value in own_attributes(layer).items():
        for path, leaf in _leaves(name, value):
            if isinstance(leaf, (tf.Variable, keras.Variable)):
                yield path, leaf


def _leaves(name: str, value: Any, depth: int = 3) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (list, tuple, set, frozenset)) and depth:
        for position, item in enumerate(value):
            yield from _leaves(f"{name}[{position}]", item, depth - 1)
    elif isinstance(value, Mapping) and depth:
        for key, item in value.items():
            yield from _leaves(f"{name}[{key!r}]", item, depth - 1)
    else:
        yield name, value


@check(
    Message("Its numbers that could be weights are weights"),
    Message("Arrays and tensors among its attributes were changed a little, to see whether the output changes."),
    Message("None that is random, or as large as a weight, takes part in the call."),
    Message("A plain array is never trained, and one that was drawn at random is lost on saving."),
    after=("call", "returns_tensors", "repeatable", "attributes_stay"),
)
def plain_arrays(patient: Patient) -> Verdict:
    """Float arrays that are neither weights nor arguments."""
    arrays = {
        name: value
        for name, value in own_attributes(patient.subject).items()
        if isinstance(value, (np.ndarray, tf.Tensor)) and _floating(value) and not _is_argument(patient, name, value)
    }
    if not arrays:
        return passed(Message("There is none."))
    inputs = patient.batch(3) if patient.batching.known else patient.tensors
    before = patient.outputs(patient.copy(), inputs)
    for name, value in arrays.items():
        layer = patient.copy()
        vars(layer)[name] = value * 1.5 + 0.5
        try:
            takes_part = not same(before, patient.outputs(layer, inputs))
        except Exception:
            takes_part = True
        if takes_part:
            facts = suspected(patient.known, "untracked_weight") or {"place": assignment_place(patient.known, name)}
            if _drawn(patient, name, value):
                seen = Message("self.{name} is an array of random numbers that no config brings back.", {"name": name})
                return failed(seen, "untracked_weight", **facts)
            if is_keras(patient.known):
                continue
            seen = Message("self.{name} is an array that the call computes with: it is constant.", {"name": name})
            return advice(seen, "untracked_weight", **facts)
    return passed(Message("Arrays that the call needs are the same in every twin."))


def _floating(value: Any) -> bool:
    return bool(np.asarray(to_array(value)).dtype.kind == "f" and np.asarray(to_array(value)).size > 1)


def _is_argument(patient: Patient, name: str, value: Any) -> bool:
    try:
        config = patient.subject.get_config()
        return name in config and np.allclose(np.asarray(config[name], "float64"), np.asarray(value, "float64"))
    except Exception:
        return False


def _drawn(patient: Patient, name: str, value: Any) -> bool:
    """Whether a twin, made from another seed, holds other numbers."""
    reset_names()
    reseed(97)
    try:
        twin = patient.fresh()
        patient.call(twin)
        return not same([value], [own_attributes(twin)[name]])
    except Exception:
        return False


@check(
    Message("build makes all its weights"),
    Message("A fresh twin was built from the input's shape alone, without a call."),
    Message("It has the weights that a called one has."),
    Message("Loading builds the layer and then fills its weights: what is not there then cannot be loaded."),
    after=("call", "tracked_state", "defaults_stay"),
)
def complete_build(patient: Patient) -> Verdict:
    """Weights after build alone against weights after a call."""
    subject = patient.subject
    wanted = census(subject)
    if not wanted:
        raise NotApplicable(Message("It has no weights."))
    twin = patient.twin()
    if "build" not in {name for base in patient.known.__mro__ if not _is_base(base) for name in vars(base)}:
        return passed(Message("It has no build of its own: Keras builds its parts by a call on symbols."))
    config = subject.get_build_config()
    if config is None:
        raise NotApplicable(Message("Keras knows no shapes to build it from."))
    try:
        twin.build_from_config(config)
    except Exception as error:
        return failed(**told(error, patient.known))
    made = census(twin)
    if made == wanted:
        return passed(Message("{count} weights, all there after build.", {"count": len(wanted)}))
    facts = suspected(patient.known, "children_not_built") or {"place": method_place(patient.known, "build")}
    seen = Message("build makes {built} weights, a call {called}.", {"built": len(made), "called": len(wanted)})
    return failed(seen, "children_not_built", **facts)


def _is_base(base: type) -> bool:
    return issubclass(keras.layers.Layer, base)


def census(layer: Any) -> list[str]:
    """The shape and the dtype of each weight, in alphabetical order: "(4, 3) float32"."""
    return sorted(f"{tuple(weight.shape)} {weight.dtype}" for weight in layer.weights)


@check(
    Message("A call makes no variables"),
    Message("Every variable that came to life during a second call was noted."),
    Message("None: weights are made once, in __init__ or build."),
    Message("Weights that are made anew in each call are never trained and never saved."),
)
def no_new_variables(patient: Patient) -> Verdict:
    """A layer, or a variable, that is made in `call`."""
    layer = patient.copy()
    born: list[str] = []

    def note(make: Any, **options: Any) -> Any:
        born.append(str(options.get("name")))
        return make(**options)

    with tf.variable_creator_scope(note):
        patient.outputs(layer)
    seeds = [name for name in born if "seed_generator" in name]
    if not born:
        return passed(Message("None was made."))
    mistake = "constant_seed" if len(seeds) == len(born) else "layer_in_call"
    facts = suspected(patient.known, mistake) or {"place": method_place(patient.known, "call")}
    return failed(Message("A second call made {count} variables.", {"count": len(born)}), mistake, **facts)


@check(
    Message("A call leaves its attributes alone"),
    Message("The attributes were compared before and after calls."),
    Message("Only variables change their values."),
    Message("In a graph, such a line runs once, while the graph is made, and not for each batch."),
)
def attributes_stay(patient: Patient) -> Verdict:
    """Weights that became tensors, counters, lists that grow; results of one call that are kept."""
    layer = patient.subject
    for name, value in patient.attributes.items():
        now = own_attributes(layer).get(name)
        if isinstance(value, (keras.Variable, tf.Variable)) and not isinstance(now, type(value)):
            seen = {"name": name, "type": type(now).__name__}
            facts = suspected(patient.known, "weight_reassigned") or {
                "place": assignment_place(patient.known, name, ("call",)) or assignment_place(patient.known, name)
            }
            return failed(
                Message("self.{name} was a weight, and is a {type} after the call.", seen), "weight_reassigned", **facts
            )
    layer = patient.copy()
    before = _plain(layer)
    patient.outputs(layer)
    after = _plain(layer)
    changed = next((name for name in after if name in before and not identical(before[name], after[name])), "")
    if changed:
        facts = suspected(patient.known, "counter_in_call") or {"place": _set_by_call(patient, changed)}
        seen = {"name": changed, "before": _short(before[changed]), "after": _short(after[changed])}
        return failed(Message("A call changed self.{name} from {before} to {after}.", seen), "counter_in_call", **facts)
    with contextlib.suppress(Exception):  # other checks tell of inputs that it refuses
        patient.outputs(layer, [_other_numbers(x) for x in patient.tensors])
    other = _plain(layer)
    kept = next((name for name in other if name in after and not identical(after[name], other[name])), "")
    if kept:
        what = Message(
            "A call keeps a result in self.{name}. In a graph that is a symbol, whose numbers nothing can read.",
            {"name": kept},
        )
        return advice(what, "result_kept", place=_set_by_call(patient, kept))
    return passed(Message("They stayed."))


def _set_by_call(patient: Patient, name: str) -> Any:
    return assignment_place(patient.known, name, ("call",)) or assignment_place(patient.known, name)


def _other_numbers(tensor: Any) -> Any:
    """A tensor of the same shape with numbers like its own, but in other places and, if floating-point, others."""
    made = batch_of(tensor, tensor.shape[0], seed=1, axis=0) if tensor.shape.rank else tensor
    return tensor if made.shape != tensor.shape else made


def _plain(layer: Any) -> dict[str, Any]:
    """Attributes that hold values: numbers, texts, arrays, tensors, and lists of them (by their length)."""
    found: dict[str, Any] = {}
    for name, value in own_attributes(layer).items():
        if isinstance(value, (bool, int, float, str, np.generic)):
            found[name] = value
        elif isinstance(value, (list, dict, set)):
            found[name] = f"{type(value).__name__.removeprefix('Tracked').lower()} ({len(value)})"
        elif isinstance(value, (np.ndarray, tf.Tensor)) and not isinstance(value, keras.KerasTensor):
            found[name] = to_array(value)
    return found


def _short(value: Any) -> str:
    return f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else str(value)[:40]


@check(
    Message("It works without state of its own, too"),
    Message("stateless_call was given the variables, and compared with the usual call."),
    Message("The same output, and the layer's own variables untouched."),
    Message("Other training loops and backends call a layer in this way."),
    after=("call", "returns_tensors", "repeatable", "tracked_state", "attributes_stay", "no_new_variables"),
)
def stateless(patient: Patient) -> Verdict:
    """`stateless_call` against `__call__`."""
    layer = patient.copy()
    if not layer.built:
        raise NotApplicable(Message("Keras does not count it as built."))
    arguments, keywords = patient.arranged()
    flag = {"training": False} if takes(layer, "training") else {}  # `call` itself is called, with what it names
    if patient.keeps_state_outside:
        raise NotApplicable(Message("It keeps states outside its variables."))
    usual = patient.outputs(patient.copy())
    reseed()
    before = values_of(layer)
    outputs, _ = layer.stateless_call(
        [v.value for v in layer.trainable_variables],
        [v.value for v in layer.non_trainable_variables],
        *arguments,
        **keywords,
        **flag,
    )
    if not same(tensors_of(outputs), usual):
        return failed(Message("stateless_call gave other numbers."))
    after = zip(layer.variables, before, values_of(layer), strict=True)
    changed = [relative_path(layer, variable) for variable, old, new in after if not identical(old, new)]
    if changed:
        what = Message("stateless_call changed the layer's own variables: {names}.", {"names": ", ".join(changed)})
        return failed(what, place=method_place(patient.known, "call"))
    return passed(Message("They agree."))
