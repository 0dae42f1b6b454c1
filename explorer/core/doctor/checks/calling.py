"""The layer can be made, built and called: on numbers, on a graph's symbols, with what it declares as its way."""

from __future__ import annotations

import keras
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.doctor.blame import method_place, raised_here
from explorer.core.doctor.checks.state import census
from explorer.core.doctor.compare import difference, shapes, tensors_of
from explorer.core.doctor.findings import suspected, told
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import NotApplicable, Verdict, by_design, check, failed, passed, unless_random
from explorer.model.trace import Message


@check(
    Message("It can be made, built and called"),
    Message("A copy of the layer was built and called on the given input."),
    Message("It gives a result."),
    Message("Nothing else can be found out about a layer that does not run."),
    after=(),
)
def call(patient: Patient) -> Verdict:
    """Make, build, call: once, on the given inputs."""
    try:
        outputs = patient.first_outputs
    except NotApplicable:
        raise
    except Exception as error:
        return failed(**told(error, patient.known, shapes(patient.tensors)))
    return passed(Message("It ran, and gave {shapes}.", {"shapes": _shapes(outputs)}))


def _shapes(outputs: object) -> str:
    flat = [leaf for leaf in keras.tree.flatten(outputs) if hasattr(leaf, "shape")]
    return shapes(flat) if flat else type(outputs).__name__


@check(
    Message("Its outputs are tensors"),
    Message("The types of what the call returned were looked at."),
    Message("Tensors, alone or in lists, tuples and dictionaries."),
    Message("The next layer, and Keras itself, can take nothing but tensors."),
)
def returns_tensors(patient: Patient) -> Verdict:
    """None, NumPy arrays and Python numbers are no outputs."""
    outputs = patient.first_outputs
    flat = keras.tree.flatten(outputs)
    wrong = sorted({type(leaf).__name__ for leaf in flat if leaf is not None and not _is_tensor(leaf)})
    if not any(leaf is not None for leaf in flat):
        facts = suspected(patient.known, "missing_return") or {"place": method_place(patient.known, "call")}
        return failed(Message("The call returned None: it has no return, or a bare one."), "missing_return", **facts)
    if wrong:
        what = Message("The call returned {types}.", {"types": ", ".join(wrong)})
        return failed(what, "numpy_in_call" if "ndarray" in wrong else "", place=method_place(patient.known, "call"))
    return passed(Message("{count} tensors.", {"count": len(flat)}))


def _is_tensor(value: object) -> bool:
    return isinstance(value, (tf.Tensor, tf.SparseTensor, tf.RaggedTensor))


@check(
    Message("It runs in a graph, for a batch of any size"),
    Message("The call was traced by tf.function, for inputs whose batch size is unknown."),
    Message("A graph."),
    Message("fit, predict and saving run a layer as a graph, and a model is made before its batches are known."),
    after=("call", "returns_tensors", "no_new_variables"),
)
def graph(patient: Patient) -> Verdict:
    """The one trace that other checks use, too."""
    if not patient.tensors:
        raise NotApplicable(Message("It was called without a tensor."))
    try:
        concrete = patient.traced
    except Exception as error:
        if not patient.batching.known and raised_here(error, patient.known):
            return by_design(
                Message("The layer itself refuses an input whose first axis is unknown: it is no batch to it.")
            )
        return failed(**told(error, patient.known, shapes(patient.tensors)))
    nodes = len(concrete.graph.get_operations())
    if patient.batching.added:
        return passed(
            Message(
                "A graph of {count} operations. The given input has no batch axis: one was put in front of it.",
                {"count": nodes},
            )
        )
    return passed(Message("A graph of {count} operations.", {"count": nodes}))


@check(
    Message("It can be built before the batch is known"),
    Message("A fresh twin was called on keras.Input symbols whose batch size is unknown."),
    Message("Symbols of its outputs, and the weights that a call on numbers makes."),
    Message("A model is made from symbols; its batches come later, in any size."),
    after=("graph", "defaults_stay"),
)
def symbolic(patient: Patient) -> Verdict:
    """An unbuilt twin on symbols: weights that have the batch in their shape cannot be made."""
    twin = patient.twin()
    arguments, keywords = patient.arranged(patient.symbols(), twin)
    try:
        outputs = tensors_of(twin(*arguments, **keywords))
    except Exception as error:
        return failed(**told(error, patient.known, shapes(patient.tensors)))
    made, wanted = census(twin), census(patient.subject)
    if made != wanted and not (patient.given is not None and patient.given.built):  # its owner may have changed it
        what = Message(
            "On symbols it makes the weights {symbols}, on numbers {numbers}.",
            {"symbols": ", ".join(made) or "-", "numbers": ", ".join(wanted) or "-"},
        )
        return failed(what, place=method_place(patient.known, "build") or method_place(patient.known, "call"))
    gave = {"shapes": shapes(outputs)}
    if patient.keeps_state_outside:
        return by_design(
            Message("It keeps a state for each sample, so the batch must be known. It gave {shapes}.", gave)
        )
    return passed(Message("It gave {shapes}.", gave))


@check(
    Message("The graph computes what the eager call computes"),
    Message("The graph and a copy of the layer were run on the same inputs."),
    Message("The same numbers."),
    Message("A model computes with the graph; what you see in a notebook is the eager call."),
    after=("graph", "batch_axis", "repeatable", "attributes_stay", "tracked_state"),
)
def graph_equals_eager(patient: Patient) -> Verdict:
    """Python that ran once, while the graph was made, shows here."""
    inputs = patient.batch(3)
    layer = patient.copy()
    traced = patient.traced
    values = [to_array(v) for v in layer.variables]
    patient.restored(traced.layer, values)
    eager = patient.outputs(layer, inputs)
    found = tensors_of(traced(inputs))
    apart = difference(found, eager)
    if not apart:
        return passed(Message("They agree."))
    return unless_random(patient, apart) or failed(
        Message("They differ: {apart}.", {"apart": apart}), place=method_place(patient.known, "call")
    )
