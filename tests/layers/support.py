"""Build a card's layer, make its inputs, call it, and compare it with its derivation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import layers
from explorer.experiment.recipes import Recipe, mask_array, materialise
from layers.card import Card, Example, resolve

HOME = Path(layers.__file__).parent
TOLERANCE = {"float64": 1e-11, "float32": 2e-5, "float16": 6e-3, "bfloat16": 5e-2}
"""Largest difference allowed, beside numbers around 1."""


def layer_files() -> Iterator[tuple[str, Path]]:
    """`(module, path)` of every file in `layers/`."""
    for path in sorted(HOME.rglob("*.py")):
        parts = path.relative_to(HOME.parent).with_suffix("").parts
        yield ".".join(part for part in parts if part != "__init__"), path


def complete(card: Card, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with the card's defaults beneath them."""
    return {spec.name: spec.default for spec in card.fields} | dict(params)


def make(card: Card, params: Mapping[str, Any], *, dtype: str = "float32", seed: int = 0) -> Any:
    """The layer of these parameters."""
    import keras

    keras.utils.set_random_seed(seed)
    given = {name: value for name, value in complete(card, params).items() if value is not None}
    return card.layer_class(**given) if card.symbolic else card.layer_class(**given, dtype=dtype)


def recipes(card: Card, overrides: Sequence[Mapping[str, Any]] = ()) -> list[Recipe]:
    """The recipe of each input, as the card and an example state it."""
    made = []
    for position, spec in enumerate(card.inputs):
        change = overrides[position] if position < len(overrides) else {}
        kind = change.get("recipe", spec.recipe)
        options = change.get("options", spec.options if kind == spec.recipe else {})
        made.append(Recipe.from_json({"kind": kind, "shape": list(change.get("shape", spec.shape)), **options}))
    return made


def arrays(card: Card, example: Example, *, dtype: str = "float32") -> list[np.ndarray]:
    """The input arrays of an example."""
    return [
        materialise(recipe, dtype if spec.dtype == "float" else spec.dtype, example.seed, position)
        for position, (spec, recipe) in enumerate(zip(card.inputs, recipes(card, example.inputs), strict=True))
    ]


def invoke(card: Card, layer: Any, inputs: Sequence[np.ndarray], **keywords: Any) -> list[Any]:
    """The layer's outputs, as a list of tensors."""
    import keras

    given = {name: value for name, value in keywords.items() if value is not None}
    output = layer(*inputs, **given) if card.spread or len(inputs) == 1 else layer(list(inputs), **given)
    return list(keras.tree.flatten(output))


def weights_of(layer: Any) -> dict[str, np.ndarray]:
    """Each weight's value by its path inside the layer."""
    return {weight.path.removeprefix(f"{layer.name}/"): to_numpy(weight) for weight in layer.weights}


def edit(layer: Any, inputs: list[np.ndarray], example: Example) -> None:
    """Set the cells that the example sets by hand."""
    by_path = {weight.path.removeprefix(f"{layer.name}/"): weight for weight in layer.weights}
    for tensor, index, value in example.edits:
        kind, _, name = tensor.partition(":")
        if kind == "input":
            inputs[int(name)][index] = value
        else:
            changed = to_numpy(by_path[name]).copy()
            changed[index] = value
            by_path[name].assign(changed)


def to_numpy(tensor: Any) -> np.ndarray:
    """The tensor as an array; bfloat16, which NumPy lacks, as float32."""
    import keras

    array = keras.ops.convert_to_numpy(tensor)
    return array if array.dtype.kind in "fiub" else array.astype("float32")


def derive(
    card: Card,
    inputs: Sequence[np.ndarray],
    weights: Mapping[str, np.ndarray],
    params: Mapping[str, Any],
    mask: np.ndarray | None = None,
) -> list[np.ndarray]:
    """What the card's NumPy derivation gives."""
    result: list[np.ndarray] = resolve(card.reference)(inputs, weights, complete(card, params), mask=mask)
    return result


def assert_close(outputs: Sequence[Any], expected: Sequence[np.ndarray], dtype: str = "float32") -> None:
    """Equal in number and shape, and close in every cell."""
    assert len(outputs) == len(expected)
    for output, wanted in zip(outputs, expected, strict=True):
        got = to_numpy(output).astype("float64")
        assert got.shape == wanted.shape
        scale = 1 + float(np.abs(wanted).max(initial=0))
        np.testing.assert_allclose(got, wanted, rtol=0, atol=TOLERANCE[dtype] * scale)


def run_example(card: Card, example: Example, *, dtype: str | None = None) -> tuple[Any, list[np.ndarray], list[Any]]:
    """Build, edit, call, and compare with the derivation. Returns the layer, its inputs and its outputs."""
    dtype = dtype or example.dtype
    layer = make(card, example.params, dtype=dtype, seed=example.seed)
    inputs = arrays(card, example, dtype=dtype)
    mask = mask_array(example.mask, inputs[0].shape) if example.mask else None
    invoke(card, layer, inputs, mask=mask)  # builds it
    edit(layer, inputs, example)
    before = weights_of(layer)
    outputs = invoke(card, layer, inputs, mask=mask, training=example.training or None)
    after = weights_of(layer)
    assert all(np.array_equal(before[path], after[path]) for path in before), "a call changed a weight"
    assert_close(outputs, derive(card, inputs, before, example.params, mask), dtype)
    return layer, inputs, outputs
