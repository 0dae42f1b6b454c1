"""A file of tests for the reader's own layer, to run with pytest beside the file of the layer."""

from __future__ import annotations

from explorer.experiment import Experiment
from explorer.experiment.experiment import OWN_MODULE
from explorer.export.constructor import construction
from explorer.export.layer_source import self_contained
from explorer.export.program import array_text, input_names, is_packed
from explorer.model.trace import Trace
from layers.card import Card


def layer_test(experiment: Experiment, card: Card, trace: Trace) -> str:
    """The file: the layer gives what the page showed, in shape and dtype, and the doctor finds nothing wrong with it.

    Args:
        experiment: what the page shows; its first layer is tested.
        card: that layer.
        trace: what it gave.
    """
    made = construction(card, experiment.params, trace.config, experiment.dtype)
    names = input_names(trace)
    arrays = [f"{name} = {array_text(tensor)}" for name, tensor in zip(names, trace.inputs, strict=True)]
    arguments = card.written(names)
    shapes = [tuple(output.value.shape) for output in trace.outputs]
    dtypes = [output.dtype for output in trace.outputs]
    lines = [
        f'"""Tests of {card.title}, for pytest. They need Layer Explorer: pip install layer-explorer."""',
        "",
        *self_contained([], packed=is_packed(trace), future=False),
        "",
        "from explorer.testing import assert_healthy",
        f"from {OWN_MODULE} import {card.title}",
        "",
        *arrays,
        "",
        "",
        "def make():",
        f"    return {made}",
        "",
        "",
        "def test_shape_and_dtype():",
        f"    outputs = keras.tree.flatten(make()({arguments}, training={experiment.training}))",
        f"    assert [tuple(output.shape) for output in outputs] == {shapes!r}",
        f"    assert [keras.backend.standardize_dtype(output.dtype) for output in outputs] == {dtypes!r}",
        "",
        "",
        "def test_is_healthy():",
        f"    assert_healthy(make, {_as_call(card, names)})",
    ]
    return "\n".join(lines) + "\n"


def _as_call(card: Card, names: list[str]) -> str:
    """The inputs as `assert_healthy` takes them: positional arguments in a list, then keywords."""
    if card.input_names:
        named = ", ".join(f"{key!r}: {name}" for key, name in zip(card.input_names[1:], names[1:], strict=True))
        return f"[{names[0]}], {{{named}}}"
    return f"[{card.written(names)}]"
