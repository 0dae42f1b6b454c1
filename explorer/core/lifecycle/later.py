"""The later moments: the second call, other sizes, a symbolic call, saving and loading."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from explorer.core.keras_private import set_random_seed
from explorer.core.lifecycle.beginning import agree, output_facts
from explorer.core.lifecycle.moments import Living, moment, timed, watched_call
from explorer.core.lifecycle.showing import error_text
from explorer.core.lifecycle.sources import own_sources
from explorer.core.lifecycle.state import largest_difference, outputs_of, shape_text, state_of
from explorer.core.lifecycle.subject import resized
from explorer.core.snapshot import put_back
from explorer.model.lifecycle import Moment
from explorer.model.problem import Problem
from explorer.model.trace import Message


@moment(
    "second_call",
    Message("A second call"),
    Message("The layer is built, so only `call` runs; the weights are those of the first call."),
    order=50,
    code="layer({inputs})",
)
def second_call(living: Living, blank: Moment) -> Moment:
    """The same call once more: what runs now, and whether the numbers are the same."""
    found, result = watched_call(living, blank, living.inputs)
    if found.problem is not None:
        return found
    difference = largest_difference(living.output, result)
    builds = sum(event.function.endswith(".build") for event in found.ran)
    facts = (
        (Message("`build` ran"), f"{builds} ×"),
        (Message("largest difference from the first call"), f"{difference:.6g}"),
    )
    if difference:
        lesson = Message(
            "`build` did not run again. The numbers are others: this layer draws them anew, or carries "
            "something from call to call."
        )
        found = replace(found, lesson=lesson)
    return replace(found, facts=facts)


@moment(
    "other_batch",
    Message("Another batch size"),
    Message("No weight depends on the batch: more samples need no new layer."),
    order=60,
    code="layer({inputs})",
)
def other_batch(living: Living, blank: Moment) -> Moment:
    """More samples than the layer was built on."""
    subject = living.subject
    if not all(array.ndim for array in subject.arrays):
        return replace(blank, absent=Message("An input without axes has no batch."))
    sizes = [array.shape[subject.batch_axis(p)] for p, array in enumerate(subject.arrays)]
    arrays = [resized(array, subject.batch_axis(p), 2 * sizes[p] + 1) for p, array in enumerate(subject.arrays)]
    with put_back(living.layer):
        found, result = watched_call(living, blank, subject.arguments(arrays))
    facts = ((Message("batch"), f"{sizes[0]} → {2 * sizes[0] + 1}"), (Message("input"), _shapes(arrays)))
    if not all(subject.has_batch(position) for position in range(len(sizes))):
        lesson = Message("No axis of this input was meant as a batch; Keras takes the first one for it all the same.")
        return replace(found, facts=(*facts, *output_facts(result)), lesson=lesson)
    if found.problem is not None:
        lesson = Message("This layer, with these parameters, does not take another batch size once it is built.")
        return replace(found, facts=facts, lesson=lesson)
    return replace(found, facts=(*facts, *output_facts(result)))


@moment(
    "other_features",
    Message("Another feature size"),
    Message("The weights were born for one size of the last axis; another one does not fit them."),
    order=70,
    code="layer({inputs})",
)
def other_features(living: Living, blank: Moment) -> Moment:
    """One more feature than the layer was built on: refused, and why, or taken."""
    subject = living.subject
    if subject.arrays[0].ndim < 2:
        return replace(blank, absent=Message("The input has no axis beside its batch."))
    name, size = subject.axes(0)[-1], subject.arrays[0].shape[-1]
    arrays = [
        resized(array, array.ndim - 1, size + 1)
        if array.ndim > 1 and subject.axes(p)[-1] == name and array.shape[-1] == size
        else array
        for p, array in enumerate(subject.arrays)
    ]
    with put_back(living.layer):
        found, result = watched_call(living, blank, subject.arguments(arrays))
    facts = ((Message("last axis"), f"{size} → {size + 1}"), (Message("input"), _shapes(arrays)))
    if found.problem is not None:
        lesson = found.lesson
        if not found.state or not found.state.weights:
            lesson = Message("There is no weight here that could not fit; the layer itself refuses this size.")
        return replace(found, facts=facts, lesson=lesson)
    lesson = Message("It is taken: nothing in this layer was made for one size of the last axis.")
    return replace(found, facts=(*facts, *output_facts(result)), lesson=lesson)


@moment(
    "symbolic",
    Message("A symbolic call"),
    Message("A symbolic tensor has a shape and a dtype but no numbers: Keras plans a model with it."),
    order=80,
    code="y = layer({symbols})",
    symbolic=Message("This is a symbolic tensor already; a layer may be called on it."),
)
def symbolic(living: Living, blank: Moment) -> Moment:
    """A call on tensors without numbers, and the layer's shapes then."""
    found, result = watched_call(living, blank, living.subject.symbols())
    if found.problem is not None:
        return found
    outputs, real = outputs_of(result), [tuple(y.shape) for y in outputs_of(living.output)]
    facts = (
        (Message("type"), ", ".join(type(y).__name__ for y in outputs)),
        (Message("symbolic shape"), shape_text(result)),
        (Message("real shape"), shape_text(living.output)),
        (Message("declared = real"), "✓" if agree([tuple(y.shape) for y in outputs], real) else "✗"),
        (Message("numbers"), "–"),
    )
    return replace(found, facts=facts)


@moment(
    "saved",
    Message("Saved and loaded"),
    Message("A `.keras` file holds the config and the weights: the layer that comes back gives the same numbers."),
    order=90,
    code='{prelude}\nmodel = keras.Model({listed}, layer({inputs}))\nmodel.save("layer.keras")\n'
    'again = keras.models.load_model("layer.keras")',
    symbolic=Message("A symbolic tensor holds nothing to save; a model around it does."),
)
def saved(living: Living, blank: Moment) -> Moment:
    """A model around the layer, saved in a temporary folder, loaded, and compared."""
    layer, subject = living.layer, living.subject
    with timed() as milliseconds:
        try:
            size, again = _there_and_back(model_around(subject, layer))
        except Exception as error:
            raise Problem("Keras cannot save this layer and load it again.", detail=error_text(error)) from error
        before, after = (_once(living, inner) for inner in (layer, inner_layer(again, layer.name)))
    difference = largest_difference(before, after)
    facts = (
        (Message("file"), f"layer.keras, {size / 1024:.1f} KiB"),
        (Message("largest difference"), f"{difference:.6g}"),
    )
    lesson = blank.lesson
    if difference:
        lesson = Message("The layer that comes back gives other numbers: something of it was not saved.")
    return replace(
        blank,
        facts=facts,
        lesson=lesson,
        state=state_of(inner_layer(again, layer.name)),
        sources=own_sources(layer, ["get_config", "from_config"]),
        milliseconds=milliseconds[0],
    )


def _there_and_back(model: Any) -> tuple[int, Any]:
    """The size of a model's file in bytes, and the model that is loaded from it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layer.keras"
        model.save(file)
        return file.stat().st_size, keras.models.load_model(file)


def model_around(subject: Any, layer: Any) -> Any:
    """A functional model of this one layer."""
    positional, keywords = subject.symbols()
    outputs = layer(*positional, **keywords)
    return keras.Model(keras.tree.flatten([positional, keywords]), outputs)


def inner_layer(model: Any, name: str) -> Any:
    """The layer of a model that is called so."""
    return next(inner for inner in model.layers if inner.name == name)


def _once(living: Living, layer: Any) -> Any:
    """One call from the experiment's seed, after which the layer is as it was."""
    with put_back(layer):
        set_random_seed(living.subject.experiment.seed)
        return living.subject.call(layer, living.subject.arguments())


def _shapes(arrays: list[np.ndarray]) -> str:
    return ", ".join(str(array.shape) for array in arrays)
