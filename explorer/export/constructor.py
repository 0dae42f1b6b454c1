"""Write a layer's constructor call: what `explorer.core.build` passes, as Python text. Needs no Keras."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import layers
from explorer.experiment.recipes import checked_value
from layers.card import Card, Field
from layers.choices import QUANTIZATIONS

_NOT_WRITTEN = ("name", "trainable", "dtype", "seed")
"""What Keras puts into every config, and what it draws itself."""


def construction(card: Card, params: Mapping[str, Any], config: Mapping[str, Any], dtype: str) -> str:
    """The constructor call of a card's layer. Defaults that differ from the class's own are written too.

    Args:
        card: the layer.
        params: the parameters that were set.
        config: the built layer's own config; inner layers of which no card is at hand are completed from it.
        dtype: the experiment's.
    """
    values = {field.name: _checked(field, params) for field in card.fields}
    arguments = [
        f"{field.name}={_argument(card, field, values[field.name], config.get(field.name), dtype)}"
        for field in card.fields
        if values[field.name] is not None or _none_is_said(field, params)
    ]
    if dtype != "float32" and not card.symbolic and values.get("output_mode") != "int":
        arguments.append(f"dtype={dtype!r}")
    return f"{_name(card.layer)}({', '.join(arguments)})"


def inner_layers(params: Any) -> list[str]:
    """Where the classes of inner layers are, "module:attribute", as far as they have cards of ours."""
    parts = list(params.values()) if isinstance(params, Mapping) else params if isinstance(params, list) else []
    found = [path for part in parts for path in inner_layers(part)]
    card = _card_of(params["class_name"]) if isinstance(params, Mapping) and "class_name" in params else None
    return [card.layer, *found] if card else found


def _checked(field: Field, params: Mapping[str, Any]) -> Any:
    value = params.get(field.name, field.default)
    return None if value is None else checked_value(field, _as_json(value), f"params.{field.name}")


def _none_is_said(field: Field, params: Mapping[str, Any]) -> bool:
    """Whether "not set" must be written, lest the constructor choose something else."""
    return field.optional and (field.name in params or (field.kind == "choice" and not field.advanced))


def _argument(card: Card, field: Field, value: Any, config: Any, dtype: str) -> str:
    if field.kind == "shape" and value is not None:
        return repr(tuple(value))
    if field.kind == "json":
        return _resolved(value, config, dtype)
    if field.name == "quantization_config" and value is not None:
        return f"keras.quantizers.{QUANTIZATIONS[value]}()"
    if card.layer == "keras.layers:Lambda" and field.name == "function":
        return f"keras.ops.{value}"
    return _literal(value)


def _resolved(value: Any, config: Any, dtype: str) -> str:
    """A JSON value with every inner layer in it as its constructor call."""
    if isinstance(value, list):
        configs = config if isinstance(config, list) and len(config) == len(value) else [None] * len(value)
        return f"[{', '.join(_resolved(item, own, dtype) for item, own in zip(value, configs, strict=True))}]"
    if not isinstance(value, Mapping) or "class_name" not in value:
        return _literal(value)
    name, given = str(value["class_name"]), dict(value.get("config") or {})
    config = config.get("config") or {} if isinstance(config, Mapping) else {}
    card = _card_of(name)
    if card is not None:
        params = {n: v for n, v in given.items() if n not in _NOT_WRITTEN or n in {f.name for f in card.fields}}
        return construction(card, params, config, dtype)
    given = {n: v for n, v in given.items() if n not in _NOT_WRITTEN[:3]}
    told = {n: v for n, v in config.items() if n not in (*_NOT_WRITTEN, *given) and _is_plain(v)}
    arguments = [f"{n}={_resolved(_as_json(v), config.get(n), dtype)}" for n, v in {**told, **given}.items()]
    if dtype != "float32":
        arguments.append(f"dtype={dtype!r}")
    return f"keras.layers.{name.rsplit('.', 1)[-1]}({', '.join(arguments)})"


def _card_of(name: str) -> Card | None:
    cards = layers.catalogue()
    return cards.get(name) or cards.get(f"keras.layers.{name}")


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    return isinstance(value, (bool, int, float, str))


def _literal(value: Any) -> str:
    return f"float('{value}')" if isinstance(value, float) and not math.isfinite(value) else repr(value)


def _name(layer: str) -> str:
    module, name = layer.split(":")
    return f"{module}.{name}" if module in ("keras", "keras.layers") else name


def _as_json(value: Any) -> Any:
    return [_as_json(item) for item in value] if isinstance(value, Sequence) and not isinstance(value, str) else value
