"""run(experiment): the one way from an Experiment to a Trace."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from explorer.core.arrays import relative_path
from explorer.core.build import complete_params, plain
from explorer.core.catalog.cards import find_card
from explorer.core.chain.layer import Chain
from explorer.core.chain.trace import alone, check_chain, named_chain
from explorer.core.keras_private import origin_of
from explorer.core.numpy_check import check
from explorer.core.own_code.printing import captured
from explorer.core.own_model import open_model
from explorer.core.size_relations import matching_repairs
from explorer.core.tracing.axis_names import followed
from explorer.core.tracing.card_names import adapted, named
from explorer.core.tracing.record import traced
from explorer.core.under_test import LayerUnderTest, input_arrays
from explorer.experiment import Experiment
from explorer.model.problem import Problem, Repair
from explorer.model.trace import Check, Message, Trace

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
    if experiment.model is not None:
        open_model(experiment, attachments)
    if not experiment.code:
        return _run(experiment, attachments, compare)
    find_card(experiment.layer, experiment.code)  # what this prints belongs to the text, not to the run
    with captured() as printed:
        try:
            trace = _run(experiment, attachments, compare)
        except Problem as problem:
            told = problem.trace or Trace(find_card(experiment.layer, experiment.code).title)
            problem.trace = dataclasses.replace(told, printed=printed.text)
            raise
    return dataclasses.replace(trace, printed=printed.text)


def _run(experiment: Experiment, attachments: Mapping[str, np.ndarray] | None, compare: bool) -> Trace:
    """The trace, or the problem with repairs that help."""
    try:
        test = LayerUnderTest(experiment, attachments)
        layer = test.make()
        if test.card.symbolic:
            return _symbolic_trace(layer)
        trace = _traced(test, layer)
    except Problem as problem:
        if not problem.where.startswith(("edits", "mask")):
            fixes = _matching(experiment, attachments)
            problem.repairs = (*fixes, *(repair for repair in problem.repairs if repair not in fixes))
        raise
    chain = layer if isinstance(layer, Chain) else None
    trace = dataclasses.replace(
        followed(
            named(trace, adapted(test.card, experiment.params, experiment.inputs))
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
        check=_compared(test, trace, chain) if compare else None,
    )


def _traced(test: LayerUnderTest, layer: Any) -> Trace:
    failed: list[Trace] = []
    try:
        with test.explaining(failed=failed):
            test.edit(layer)
            return traced(test.live(layer), failed.append)
    except Problem as problem:
        if failed and isinstance(layer, Chain):
            problem.trace = followed(named_chain(failed[0], layer))
        raise


def _matching(experiment: Experiment, attachments: Mapping[str, np.ndarray] | None) -> tuple[Repair, ...]:
    try:
        card = find_card(experiment.layer, experiment.code)
        arrays = input_arrays(experiment, card, attachments)
    except Problem:
        return ()
    return matching_repairs(card, experiment, arrays, functools.partial(_called, attachments=attachments))


def _called(experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None) -> None:
    """Make and call an experiment's layer without recording it.

    Raises:
        Problem: if it cannot be done.
    """
    test = LayerUnderTest(experiment, attachments)
    layer = test.make()
    with test.explaining():
        test.call(layer)


def _compared(test: LayerUnderTest, trace: Trace, chain: Chain | None) -> Check | None:
    if chain is not None:
        return check_chain(trace, chain)
    return check(test.card, trace, complete_params(test.card, test.experiment.params), test.experiment.training)


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
    history = origin_of(tensor)
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
