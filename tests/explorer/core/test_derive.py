"""Every public class of keras.layers opens, or says why not."""

from __future__ import annotations

import os
import sys
import time
import types
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

import layers
from explorer.core.build import build_layer
from explorer.core.catalog import derive, docstring
from explorer.experiment.recipes import Recipe, checked_value, materialise
from layers.card import GROUPS, Card, Field, Input

LEAST_OPENED = 136
NEVER_OPEN = {"Layer", "Wrapper", "InputLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper", "TFSMLayer"}


def stock_cards() -> dict[str, Card]:
    """Derived cards, and the catalogue's own for classes of keras.layers."""
    written = {name: card for name, card in layers.catalogue().items() if name.startswith("keras.layers.")}
    return {name: card for name, card in {**written, **derive.derived_cards()}.items() if not card.symbolic}


def default_inputs(card: Card, dtype: str = "float32") -> list[object]:
    arrays: list[object] = []
    for position, spec in enumerate(card.inputs):
        kind = dtype if spec.dtype == "float" else spec.dtype
        array = materialise(Recipe(spec.recipe, spec.shape, spec.options), kind, 0, position)
        arrays.append(keras.ops.convert_to_tensor(array.tolist() if kind == "string" else array, dtype=kind))
    return arrays


def call(card: Card, layer: keras.layers.Layer, training: bool) -> list[np.ndarray]:
    inputs = default_inputs(card)
    arguments = inputs if card.spread or len(inputs) == 1 else [inputs]
    keywords = {"training": training} if layer._call_has_training_arg else {}
    return [np.asarray(tensor) for tensor in keras.tree.flatten(layer(*arguments, **keywords))]


def test_every_class_opens_or_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    opened = {name.removeprefix("keras.layers."): card for name, card in stock_cards().items()}
    reasons = {name.removeprefix("keras.layers."): reason for name, reason in derive.closed().items()}
    aliases = {name.removeprefix("keras.layers.") for name in derive.aliases()}
    public = {name for name in dir(keras.layers) if isinstance(getattr(keras.layers, name), type)}
    classes = {name for name in public if issubclass(getattr(keras.layers, name), keras.layers.Layer)} - aliases
    with capsys.disabled():
        print(f"\nkeras.layers of Keras {keras.__version__}: {len(opened)} of {len(classes)} classes open")
        for name in sorted(classes):
            shapes = ", ".join(str(spec.shape) for spec in opened[name].inputs) if name in opened else ""
            print(f"  {name:48s} {f'opened  {shapes}' if name in opened else f'closed  {reasons[name]}'}")
    assert set(opened) & set(reasons) == set()
    assert set(opened) | set(reasons) == classes
    assert set(reasons) == NEVER_OPEN
    assert len(opened) >= LEAST_OPENED


@pytest.mark.parametrize("name", sorted(stock_cards()))
def test_an_opened_class_runs_on_its_default_inputs(name: str) -> None:
    card = stock_cards()[name]
    for training in (False, True):
        keras.utils.set_random_seed(0)
        layer = build_layer(card, {}, "float32")
        assert isinstance(layer, keras.layers.Layer)
        outputs = call(card, layer, training)
        assert outputs
        for output in outputs:
            assert output.size
            assert output.dtype.kind != "f" or np.isfinite(output).all()


@pytest.mark.parametrize("name", sorted(derive.derived_cards()))
def test_fields_take_their_own_defaults(name: str) -> None:
    card = derive.derived_cards()[name]
    assert card.group in GROUPS
    assert card.summary
    for spec in card.fields:
        if spec.default is None:
            assert spec.optional, spec.name
        else:
            assert checked_value(spec, spec.default, spec.name) == spec.default
        if spec.kind == "integer":
            assert spec.minimum is not None and spec.maximum is not None, f"{spec.name} is not bounded"


def test_no_card_is_left_in_the_group_of_the_unknown() -> None:
    assert [name for name, card in derive.derived_cards().items() if card.group == "other"] == []


@pytest.mark.parametrize(
    ("argument", "kind", "advanced"),
    [
        ("filters", "integer", False),
        ("padding", "choice", False),
        ("activation", "choice", False),
        ("use_bias", "boolean", False),
        ("kernel_initializer", "choice", False),
        ("kernel_regularizer", "choice", True),
        ("bias_constraint", "choice", True),
        ("strides", "shape", False),
    ],
)
def test_arguments_of_a_convolution(argument: str, kind: str, advanced: bool) -> None:
    card = derive.derive_card("Conv3D", keras.layers.Conv3D)
    assert isinstance(card, Card)
    (field,) = [field for field in card.fields if field.name == argument]
    assert (field.kind, field.advanced) == (kind, advanced)
    assert field.help


def test_every_choice_of_activation_initializer_regularizer_and_constraint_can_be_built() -> None:
    card = derive.derived_cards()["keras.layers.Conv1D"]
    for field in card.fields:
        if field.kind == "choice" and field.name != "data_format":
            for choice in field.choices:
                build_layer(card, {field.name: choice}, "float32")


def test_aliases_lead_to_an_opened_class() -> None:
    aliases = derive.aliases()
    assert aliases["keras.layers.AvgPool2D"] == "keras.layers.AveragePooling2D"
    assert aliases["keras.layers.Convolution2D"] == "keras.layers.Conv2D"
    assert set(aliases.values()) <= set(stock_cards())


def test_the_name_without_a_class_of_that_name_is_kept() -> None:
    """keras.layers.GroupQueryAttention is a class that calls itself GroupedQueryAttention."""
    assert derive.derived_cards()["keras.layers.GroupQueryAttention"].spread


def test_derivation_is_quick() -> None:
    derive._survey.cache_clear()
    derive._named_classes.cache_clear()
    start = time.thread_time()
    derive.derived_cards()
    assert time.thread_time() - start < 1


# -------------------------------------------------------------------------------- classes of a later Keras
class Doubling(keras.layers.Layer):
    """Multiplies by a factor. Then stops.

    Some more about it.

    Args:
        units: How many. A second sentence.
        strength: How much the
            input grows, e.g. twice.
    """

    def __init__(self, units: int, strength: float = 2.0, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.strength = strength

    def call(self, inputs: object) -> object:
        return inputs * self.strength


class NewPooling2D(keras.layers.MaxPooling2D):
    """Like its parent."""


class NeedsPlenty(keras.layers.Layer):
    def __init__(self, gadget: object, widget: object, **kwargs: object) -> None:
        super().__init__(**kwargs)


class TwoInputs(keras.layers.Layer):
    def call(self, left: object, right: object) -> object:
        return left + right


class AsksForFive(keras.layers.Layer):
    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={-1: 5})

    def call(self, inputs: object) -> object:
        return inputs


class Unreadable(keras.layers.Layer):
    __signature__ = "nonsense"


@pytest.fixture
def namespace() -> Iterator[types.ModuleType]:
    module = types.ModuleType("planted_layers")
    for name in (name for name in dir(keras.layers) if not name.startswith("_")):
        setattr(module, name, getattr(keras.layers, name))
    for planted in (Doubling, NewPooling2D, NeedsPlenty, TwoInputs, AsksForFive, Unreadable):
        setattr(module, planted.__name__, planted)
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def test_a_new_class_opens_or_says_what_it_needs(namespace: types.ModuleType) -> None:
    cards, reasons = derive.derived_cards(namespace), derive.closed(namespace)
    for name in ("Doubling", "NewPooling2D", "TwoInputs", "AsksForFive"):
        card = cards[f"planted_layers.{name}"]
        assert call(card, build_layer(card, {}, "float32"), training=False)
    assert str(reasons["planted_layers.NeedsPlenty"]) == (
        "NeedsPlenty needs gadget, widget, and no usual value is known."
    )
    assert "Unreadable" in str(reasons["planted_layers.Unreadable"])


def test_what_a_new_class_tells_about_itself(namespace: types.ModuleType) -> None:
    cards = derive.derived_cards(namespace)
    assert cards["planted_layers.Doubling"].summary == "Multiplies by a factor."
    assert cards["planted_layers.AsksForFive"].inputs == (Input("x", (2, 4, 4, 5)),)
    assert cards["planted_layers.NewPooling2D"].group == "pooling"
    assert [spec.name for spec in cards["planted_layers.TwoInputs"].inputs] == ["left", "right"]


def test_docstrings() -> None:
    assert docstring.arguments(Doubling) == {
        "units": "How many. A second sentence.",
        "strength": "How much the input grows, e.g. twice.",
    }
    assert docstring.story(Doubling) == "Some more about it."
    assert docstring.summary(stock_cards) == "Derived cards, and the catalogue's own for classes of keras.layers."
    assert docstring.summary(types.SimpleNamespace(__doc__=None)) == ""


@pytest.mark.parametrize(
    ("layer", "params", "inputs", "shape"),
    [
        ("Dense", {"units": 2048}, [2, 3], (2, 2048)),
        ("GroupNormalization", {"groups": -1}, [2, 5, 4], (2, 5, 4)),
        ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 6], "bias_axes": "d"}, [2, 5, 4], (2, 5, 6)),
        ("LSTM", {"units": 600}, [1, 2, 3], (1, 600)),
        ("Conv2D", {"filters": 512}, [1, 5, 5, 3], (1, 3, 3, 512)),
    ],
)
def test_what_keras_accepts_is_accepted(layer: str, params: dict[str, Any], inputs: list[int], shape: Any) -> None:
    from explorer import Experiment, run

    recipe: Any = {"kind": "normal", "shape": inputs}
    assert run(Experiment(f"keras.layers.{layer}", params, inputs=[recipe])).outputs[0].value.shape == shape


def test_a_limit_is_told_in_full() -> None:
    from explorer.experiment.recipes import describe_field

    assert describe_field(Field("units", "integer", 4, minimum=1, maximum=1_000_000)) == "integer 1 ... 1000000"
