"""Descriptions that Keras would make objects of, as a link may hold them, and the places where it may hold them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from layers.card import Card, Field

PATH = "/etc/hostile-marker"
"""A file that no test may ask for."""
MARKS = (
    PATH,
    "set_image_data_format",
    "set_epsilon",
    "VGG16",
    "TFSMLayer",
    "Sequential",
    "__lambda__",
    "__tensor__",
    "exec",
    "os.system",
    "'os'",
    "load_model",
)
"""Words of which one is in every description here, and none in what a sound layer is made of."""


def caller(function: str, argument: Any) -> dict[str, Any]:
    """A model whose one layer calls a function of Keras as soon as it is made."""
    named = {"module": "keras.config", "class_name": "function", "config": function, "registered_name": function}
    lambda_layer = {
        "module": "keras.layers",
        "class_name": "Lambda",
        "name": "l",
        "registered_name": None,
        "config": {"name": "l", "function": named, "arguments": {}},
        "inbound_nodes": [{"args": [argument], "kwargs": {}}],
    }
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "registered_name": "Functional",
        "config": {
            "name": "f",
            "trainable": True,
            "layers": [lambda_layer],
            "input_layers": [],
            "output_layers": [["l", 0, 0]],
        },
    }


DESCRIPTIONS: tuple[Any, ...] = (
    caller("set_image_data_format", "channels_first"),
    caller("set_epsilon", 0.5),
    {"module": "keras.applications", "class_name": "VGG16", "config": {"weights": PATH}, "registered_name": "VGG16"},
    {"module": "builtins", "class_name": "function", "config": "exec", "registered_name": "function"},
    {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": PATH}, "registered_name": None},
    {"class_name": "Sequential", "config": {"layers": []}},
    {"class_name": "__lambda__", "config": {"value": "4wAAAA=="}},
    {"class_name": "__tensor__", "config": {"value": [1.0], "dtype": "float32"}},
    {"class_name": "os.system", "config": "true"},
    {"class_name": "keras.layers.Dense", "module": "os", "config": {"units": 2}},
    {"registered_name": "keras>src>saving>load_model", "config": {"filepath": PATH}},
    {"module": "keras.saving", "registered_name": "load_model"},
    {"config": {"class_name": "VGG16", "config": {"weights": PATH}}},
    {"a": {"b": [{"class_name": "VGG16", "config": {"weights": PATH}}]}},
    {"class_name": "Dense", "config": {"units": 2, "dtype": {"class_name": "DTypePolicy", "config": {"name": PATH}}}},
    {"class_name": "Dense", "config": {"units": 2, "kernel_initializer": {"class_name": "exec", "config": {}}}},
    "keras>src>saving>load_model",
    '{"class_name": "VGG16", "config": {"weights": "' + PATH + '"}}',
    PATH,
)


def placed(description: Any) -> Iterator[Any]:
    """A description by itself, in a list, deep in lists and tables, and within the description of a sound layer."""
    yield from (description, [description], [[0, [description]]], {"rmin": [description]})
    yield {"class_name": "Dense", "config": {"units": 2, "quantization_config": description}}
    yield [{"class_name": "Dense", "config": {"units": 2, "activation": description}}]
    yield {"class_name": "TimeDistributed", "config": {"layer": description}}


def attacks(card: Card) -> Iterator[tuple[Field, Any]]:
    """Each of these in every argument of a card that does not take texts of any kind."""
    for spec in card.fields:
        for description in DESCRIPTIONS:
            for value in placed(description) if spec.kind == "json" else (description, [description]):
                if not (isinstance(value, str) and spec.kind == "text") and not _sound(spec, value):
                    yield spec, value


def _sound(spec: Field, value: Any) -> bool:
    """Texts in a list, where the list is one of texts: that is what the argument is for."""
    default = spec.default if isinstance(spec.default, list) else []
    texts = spec.kind == "json" and any(isinstance(part, str) for part in default)
    return texts and not _tables(value)


def _tables(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_tables, value)))
