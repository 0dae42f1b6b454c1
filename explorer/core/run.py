"""run(experiment): the one way from an Experiment to a Trace."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from explorer.core.arrays import named_weights, relative_path
from explorer.core.build import build_layer, complete_params, plain
from explorer.core.catalog.cards import find_card
from explorer.core.chain.layer import Chain, chained
from explorer.core.chain.trace import alone, check_chain, named_chain
from explorer.core.error_messages import DROP_EDITS, explained
from explorer.core.estimate import refuse_what_does_not_fit
from explorer.core.names import reset_names
from explorer.core.numpy_check import check
from explorer.core.size_relations import matching_repairs
from explorer.core.tracing.axis_names import followed
from explorer.core.tracing.card_names import adapted, named
from explorer.core.tracing.record import LiveCall, ensure_built, told_training, traced
from explorer.experiment import Edit, Experiment
from explorer.experiment.chains import refusal
from explorer.experiment.recipes import Recipe, cast, default_recipe, mask_array, materialise
from explorer.model.problem import Problem, Repair
from explorer.model.trace import Check, Message, Trace
from layers.card import Card, axis_names

NO_CHAIN = Repair(Message("Show the first layer alone"), {"then": []})


def run(experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None, *, compare: bool = True) -> Trace:
    """Build the experiment's layer from its seed, call it, and record what happened.

    Args:
        experiment: what to run.
        attachments: arrays of uploaded files by content hash.
        compare: whether to compare the outputs with their NumPy derivation: `trace.check`.
    Returns:
        The trace; equal experiments give equal bits in equally configured processes on one machine.
    Raises:
        Problem: if the layer cannot be found, built or called; it says what was expected and received.
    """
    try:
        card, layer, arrays = prepare(experiment, attachments)
        if card.symbolic:
            return _symbolic_trace(layer)
        trace = call(experiment, card, layer, arrays)
    except Problem as problem:
        if not problem.where.startswith(("edits", "mask")):
            mends = _matching(experiment, attachments)
            problem.repairs = (*mends, *(repair for repair in problem.repairs if repair not in mends))
        raise
    chain = layer if isinstance(layer, Chain) else None
    trace = dataclasses.replace(
        followed(
            named(trace, adapted(card, experiment.params, experiment.inputs))
            if chain is None
            else named_chain(trace, chain)
        ),
        notes=(*trace.notes, *_negative_ids(trace if chain is None else alone(trace, chain, 0))),
    )
    return dataclasses.replace(
        trace,
        losses=losses(layer),
        config=_config(layer),
        weights=tuple(dataclasses.replace(w, initializer=_initializer(layer, w.name)) for w in trace.weights),
        check=_compared(experiment, card, trace, chain) if compare else None,
    )


def _matching(experiment: Experiment, attachments: Mapping[str, np.ndarray] | None) -> tuple[Repair, ...]:
    try:
        card = find_card(experiment.layer)
        arrays = input_arrays(experiment, card, attachments)
    except Problem:
        return ()
    return matching_repairs(card, experiment, arrays, functools.partial(_called, attachments=attachments))


def _called(experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None) -> None:
    """Make and call an experiment's layer without recording it.

    Raises:
        Problem: if it cannot be done.
    """
    card, layer, arrays = prepare(experiment, attachments)
    arguments, keywords = arrange(card, arrays, experiment.dtype)
    try:
        layer(*arguments, **keywords)
    except Exception as error:
        raise Problem("The layer refused this input.", detail=str(error)) from error


def _compared(experiment: Experiment, card: Card, trace: Trace, chain: Chain | None) -> Check | None:
    if chain is not None:
        return check_chain(trace, chain)
    return check(card, trace, complete_params(card, experiment.params), experiment.training)


def prepare(
    experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None
) -> tuple[Card, Any, list[np.ndarray]]:
    """The card, a fresh layer and its input arrays, edits of inputs applied.

    Of a chain: the card that speaks for the whole chain, and a `Chain`, which is called as its first layer is.

    Raises:
        Problem: if any of them cannot be made.
    """
    card = find_card(experiment.layer)
    refuse_what_does_not_fit(experiment)
    reset_names()
    keras.utils.set_random_seed(experiment.seed)
    layer = build_layer(card, experiment.params, experiment.dtype)
    if card.symbolic:
        reason = refusal(card) if experiment.then else None
        if reason is not None:
            raise Problem(reason, received=card.title, where="then", repairs=(NO_CHAIN,))
        return card, layer, []
    layer.trainable = experiment.trainable
    arrays = input_arrays(experiment, card, attachments)
    if experiment.then:
        card, layer = chained(experiment, card, layer, arrays, arrange(card, arrays, experiment.dtype))
        layer.trainable = experiment.trainable
    return card, layer, arrays


def input_arrays(
    experiment: Experiment, card: Card, attachments: Mapping[str, np.ndarray] | None = None
) -> list[np.ndarray]:
    """The inputs that the experiment describes; recipes it leaves out are the card's defaults.

    Raises:
        Problem: if a recipe cannot be made or an edit lies outside its tensor.
    """
    known = [f"input:{position}" for position in range(len(card.inputs))]
    for edit in experiment.edits:
        if edit.tensor.startswith("input:") and edit.tensor not in known:
            raise Problem(
                "An edit names an input that this layer does not have.",
                expected=", ".join(known) or "-",
                received=edit.tensor,
                where="edits",
                repairs=(DROP_EDITS,),
            )
    arrays = []
    shown = adapted(card, experiment.params)
    for position, spec in enumerate(card.inputs):
        recipe = experiment.inputs[position] if position < len(experiment.inputs) else default_recipe(spec)
        dtype = experiment.dtype if spec.dtype == "float" else spec.dtype
        axes = axis_names(shown.inputs[position].axes, len(recipe.shape))
        try:
            array = materialise(recipe, dtype, experiment.seed, position, attachments, axes)
        except Problem as problem:
            problem.repairs = (*problem.repairs, *_fitting_values(experiment, card, position, recipe))
            raise
        for edit in experiment.edits:
            if edit.tensor == f"input:{position}":
                array = _edited(array, edit)
        arrays.append(array)
    return arrays


def _fitting_values(experiment: Experiment, card: Card, position: int, recipe: Recipe) -> tuple[Repair, ...]:
    """Values that the input can hold, in the same shape: those that it usually holds."""
    spec = card.inputs[position]
    usual = Recipe(spec.recipe, recipe.shape, spec.options)
    if usual.kind == recipe.kind:
        return ()
    recipes = [
        usual if at == position else experiment.inputs[at] if at < len(experiment.inputs) else default_recipe(one)
        for at, one in enumerate(card.inputs)
    ]
    label = Message("Use the usual values of this input")
    return (Repair(label, {"inputs": [recipe.to_json() for recipe in recipes]}),)


def call(experiment: Experiment, card: Card, layer: Any, arrays: Sequence[np.ndarray]) -> Trace:
    """Build the layer on the inputs, set edited weights, and record the call.

    Raises:
        Problem: in place of whatever Keras or TensorFlow raise.
    """
    arguments, keywords = arrange(card, arrays, experiment.dtype)
    mask = mask_array(experiment.mask, arrays[0].shape) if experiment.mask is not None and arrays else None
    failed: list[Trace] = []
    try:
        set_edited_weights(layer, experiment.edits, arguments, keywords)
        training = told_training(layer, experiment.training)
        return traced(LiveCall(layer, arguments, training, mask, keywords), failed.append)
    except Problem as problem:
        if failed and isinstance(layer, Chain):
            problem.trace = followed(named_chain(failed[0], layer))
        raise
    except Exception as error:
        raise explained(error, card, experiment, arrays, *failed) from error


def arrange(card: Card, arrays: Sequence[np.ndarray], dtype: str) -> tuple[list[Any], dict[str, Any]]:
    """The arrays as the layer's call takes them: positional arguments and keywords."""
    values: list[Any] = [
        keras.ops.convert_to_tensor(a, "bfloat16") if dtype == "bfloat16" and spec.dtype == "float" else a
        for a, spec in zip(arrays, card.inputs, strict=True)
    ]
    if card.input_names:
        return values[:1], dict(zip(card.input_names[1:], values[1:], strict=True))
    if card.spread or len(values) == 1:
        return values, {}
    return [values], {}


def set_edited_weights(
    layer: Any, edits: Sequence[Edit], arguments: Sequence[Any], keywords: Mapping[str, Any]
) -> None:
    """Set the weights' cells that were edited by hand. Builds the layer if it must.

    Raises:
        Problem: if an edit names a weight or a cell that is not there.
    """
    edits = [edit for edit in edits if edit.tensor.startswith("weight:")]
    if not edits:
        return
    ensure_built(layer, arguments, keywords)
    variables = {f"weight:{name}": variable for name, variable in named_weights(layer).items()}
    for edit in edits:
        if edit.tensor not in variables:
            raise Problem(
                "An edit names a weight that this layer does not have.",
                expected=", ".join(variables) or "-",
                received=edit.tensor,
                where="edits",
                repairs=(DROP_EDITS,),
            )
        variable = variables[edit.tensor]
        variable.assign(_edited(np.array(variable), edit))


def _edited(array: np.ndarray, edit: Edit) -> np.ndarray:
    inside = len(edit.index) == array.ndim and all(i < n for i, n in zip(edit.index, array.shape, strict=True))
    if not inside:
        raise Problem(
            "An edit lies outside its tensor.",
            expected=f"{edit.tensor} {array.shape}",
            received=str(edit.index),
            where="edits",
            repairs=(DROP_EDITS,),
        )
    if array.dtype == object:
        raise Problem("Only numbers can be edited.", expected="float, int", received="string", where="edits")
    array = array.copy()
    if array.dtype.kind in "biu":
        array[edit.index] = cast(np.array(edit.value), array.dtype.name)
    else:
        with np.errstate(over="ignore"):
            array[edit.index] = edit.value
    return array


def losses(layer: Any) -> tuple[tuple[str, float], ...]:
    """What the layer itself adds to a model's loss: each weight's regularizer, then whatever its call added."""
    named_losses = [
        (relative_path(layer, variable), float(variable.regularizer(variable)))
        for variable in layer.trainable_weights
        if variable.regularizer is not None
    ]
    added = [float(loss) for loss in layer.losses][: max(0, len(layer.losses) - len(named_losses))]
    return tuple(named_losses) + tuple(("call", value) for value in added)


def _negative_ids(trace: Trace) -> tuple[Message, ...]:
    """Keras reads a table of embeddings from its end for a negative id, and says nothing: say it here."""
    tables = [weight.value for weight in trace.weights if weight.name.rsplit("/", 1)[-1] == "embeddings"]
    ids = [tensor.value for tensor in trace.inputs if tensor.value.dtype.kind == "i" and tensor.value.size]
    lowest = min((int(array.min()) for array in ids), default=0)
    if not tables or lowest >= 0:
        return ()
    row = len(tables[0]) + lowest
    return (
        Message(
            "A negative id is no error: it reads the table from its end. Id {id} gave row {row}.",
            {"id": lowest, "row": row},
        ),
    )


def _config(layer: Any) -> dict[str, Any]:
    try:
        import json

        plain_config: dict[str, Any] = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)["config"]))
    except Exception:
        return {}
    return plain_config


def _initializer(layer: Any, weight: str) -> str:
    if isinstance(layer, Chain):
        layer = next((link for name, link in layer.links() if weight.startswith(f"{name}/")), layer)
    value = getattr(layer, f"{weight.rsplit('/', 1)[-1]}_initializer", None)
    return type(value).__name__ if value is not None else ""


def _symbolic_trace(tensor: Any) -> Trace:
    history = getattr(tensor, "_keras_history", None)
    facts = [
        ("repr", plain(repr(tensor))),
        ("type", type(tensor).__name__),
        ("shape", str(tuple(tensor.shape))),
        ("dtype", str(tensor.dtype)),
        ("name", str(tensor.name)),
        ("sparse", str(getattr(tensor, "sparse", False))),
    ]
    if history is not None:
        facts.append(("_keras_history", f"{type(history.operation).__name__}, node {history.node_index}"))
    return Trace(layer="KerasTensor", facts=tuple(facts))
