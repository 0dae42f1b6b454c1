"""From a card and parameters to a layer that has not been called yet."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

import layers
from explorer.core.catalog.cards import find_card
from explorer.core.catalog.derive import usual_of
from explorer.core.catalog.fields import as_json
from explorer.core.deserialization import DESCRIPTION, is_layer, no_layer, refuse_objects
from explorer.core.mistakes import blamed, diagnose
from explorer.core.names import reset_names
from explorer.core.plain import plain as plain
from explorer.core.plain import said
from explorer.experiment.experiment import OWN
from explorer.experiment.model_file import is_of_model
from explorer.experiment.recipes import checked_value
from explorer.model.problem import Problem
from explorer.model.trace import Message
from layers.card import Card, Field
from layers.choices import QUANTIZATIONS

MAX_DEPTH = 4
"""How many layers may be nested in one another by parameters."""
MAX_NESTED = 16
"""How many layers one parameter may list."""
_BASE = ("name", "trainable", "dtype")
_STOCK = "keras.layers."


def build_layer(
    card: Card, params: Mapping[str, Any], dtype: str, seed_reset: bool = True, where: str = "params"
) -> Any:
    """The layer that a card describes, constructed with these parameters; its weights come with its first call.

    A layer of a model file is a copy of the one that was loaded, with the weights that it has there; its constructor's
    arguments, and its dtype, stand in the file.

    Args:
        card: which layer.
        params: constructor arguments as JSON, by name; those left out take the card's defaults. An inner layer is
            `{"class_name": "LSTM", "config": {"units": 4}}`.
        dtype: the dtype of the layer, where its constructor takes one and no parameter says another.
        seed_reset: whether automatic names start over, so that a rebuilt layer has the names it had before.
        where: the part of the experiment that holds the parameters, for Problems.

    Returns:
        A `keras.layers.Layer`, or a `KerasTensor` if `card.symbolic`.

    Raises:
        Problem: if a parameter is unknown or does not fit, or the constructor refuses them.
    """
    if is_of_model(card.id):
        from explorer.core.own_model import layer_in_model  # which copies layers, and so needs much of the core

        return layer_in_model(card.id)
    if seed_reset:
        reset_names()
    return _build(card, params, dtype, where, 0)


def arrange(card: Card, arrays: Sequence[np.ndarray], dtype: str) -> tuple[list[Any], dict[str, Any]]:
    """The arrays as the layer's call takes them: positional arguments and keywords."""
    values: list[Any] = [
        keras.ops.convert_to_tensor(a, "bfloat16") if dtype == "bfloat16" and spec.dtype == "float" else a
        for a, spec in zip(arrays, card.inputs, strict=True)
    ]
    return card.arranged(values)


def complete_params(card: Card, params: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter of the card as JSON, checked: the given ones, and the defaults of the others.

    Raises:
        Problem: if a parameter is unknown or does not fit its field.
    """
    return _complete(card, params, "params")


def _complete(card: Card, params: Mapping[str, Any], where: str) -> dict[str, Any]:
    _refuse_unknown(card, params, where)
    values: dict[str, Any] = {}
    for spec in card.fields:
        value = as_json(params.get(spec.name, spec.default))
        left_out = value is None and spec.name not in params
        values[spec.name] = None if left_out else _checked(spec, value, f"{where}.{spec.name}")
    return values


def _build(card: Card, params: Mapping[str, Any], dtype: str, where: str, depth: int) -> Any:
    try:
        make = card.layer_class
    except (ImportError, AttributeError) as error:
        raise Problem(
            Message("The layer “{name}” is not in this version of Keras.", {"name": card.id}),
            expected=card.layer,
            received=f"Keras {keras.__version__}",
            where="layer",
            detail=plain(str(error)),
        ) from error
    signature = _signature(make)
    fields = {spec.name: spec for spec in card.fields}
    arguments: dict[str, Any] = {}
    for name, value in _complete(card, params, where).items():
        spec = fields[name]
        if card.id.startswith(OWN) and name not in params and _keeps_default(make, signature.get(name)):
            continue
        if value is not None:
            arguments[name] = _argument(card, spec, value, dtype, f"{where}.{name}", depth)
        elif spec.optional and _has_default(signature.get(name)):
            arguments[name] = None  # "not set" on the screen must not become the constructor's own choice
    if "dtype" not in arguments and _takes_dtype(make, signature, arguments):
        arguments["dtype"] = dtype
    return _construct(card, make, arguments, where)


def _signature(make: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(make).parameters
    except (TypeError, ValueError):
        return {}


def _keeps_default(make: Any, parameter: inspect.Parameter | None) -> bool:
    """Whether an argument that is not given is for the constructor to choose; it may be an object that it keeps."""
    given = usual_of(make)
    known = parameter is None or parameter.name in given.values or parameter.name in [f.name for f in given.fields]
    return not known and parameter is not None and parameter.default is not inspect.Parameter.empty


def _has_default(parameter: inspect.Parameter | None) -> bool:
    return parameter is not None and parameter.default not in (None, inspect.Parameter.empty)


def _refuse_unknown(card: Card, params: Mapping[str, Any], where: str) -> None:
    known = [spec.name for spec in card.fields]
    for name in params:
        if name not in known:
            raise Problem(
                Message("“{layer}” has no parameter “{name}”.", {"layer": card.title, "name": str(name)[:80]}),
                expected=", ".join(known) or "-",
                received=str(name)[:80],
                where=f"{where}.{name}",
            )


# ------------------------------------------------------------------------------------------------ one argument
def _argument(card: Card, spec: Field, value: Any, dtype: str, where: str, depth: int) -> Any:
    if spec.kind == "shape":
        return tuple(value)
    if spec.kind == "json":
        return _resolved(value, dtype, where, depth)
    # Two choices stand for an object of Keras. Only choices come here: no text ever becomes code.
    if card.layer == "keras.layers:Lambda" and spec.name == "function":
        return getattr(keras.ops, value)
    if spec.name == "quantization_config":
        return getattr(keras.quantizers, QUANTIZATIONS[value])()
    return value


def _checked(spec: Field, value: Any, where: str) -> Any:
    value = checked_value(spec, value, where)
    if spec.kind == "json":
        refuse_objects(spec, value, where)
    return value


def _resolved(value: Any, dtype: str, where: str, depth: int) -> Any:
    """The value with every `{"class_name": ..., "config": ...}` in it made into a live layer."""
    if isinstance(value, list):
        if any(is_layer(item) for item in value) and len(value) > MAX_NESTED:
            raise Problem(
                "That is more inner layers than the explorer builds.", f"<= {MAX_NESTED}", str(len(value)), where
            )
        return [_resolved(item, dtype, where, depth) for item in value]
    return _nested(value, dtype, where, depth + 1) if is_layer(value) else value


def _nested(value: dict[str, Any], dtype: str, where: str, depth: int) -> Any:
    name, config = value["class_name"], value.get("config") or {}
    if depth > MAX_DEPTH:
        raise Problem(
            "These layers are nested too deeply.", expected=f"<= {MAX_DEPTH}", received=str(depth), where=where
        )
    if not isinstance(name, str) or len(name) > 100 or not isinstance(config, dict):
        raise no_layer(value, where)
    card = _inner_card(name, where)
    known = {spec.name for spec in card.fields}
    # What Keras itself writes into every config; names are automatic here, and the dtype is the experiment's.
    unheard = {name: given for name, given in config.items() if name in _BASE and name not in known}
    if any(isinstance(given, (dict, list)) for given in unheard.values()):
        raise no_layer(unheard, where)
    params = {name: given for name, given in config.items() if name not in unheard}
    return _build(card, params, dtype, where, depth)


def _inner_card(name: str, where: str) -> Card:
    """The card of an id, or of a Keras class by its bare name."""
    try:
        card = find_card(name if name in layers.catalogue() or name.startswith(_STOCK) else _STOCK + name)
    except Problem as problem:
        raise Problem(problem.what, expected=problem.expected, received=name, where=where) from problem
    if card.symbolic:
        raise Problem(
            Message("“{name}” is not a layer, so it cannot be inside one.", {"name": card.title}),
            expected=DESCRIPTION,
            received=name,
            where=where,
        )
    return card


# ------------------------------------------------------------------------------------------------ construction
def _takes_dtype(make: Any, signature: Mapping[str, inspect.Parameter], arguments: Mapping[str, Any]) -> bool:
    if arguments.get("output_mode") == "int":
        return False  # a layer that answers with ids chooses an integer dtype by itself
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature.values())
    passes_on = inspect.isfunction(make) or (inspect.isclass(make) and issubclass(make, keras.layers.Layer))
    return "dtype" in signature or (passes_on and takes_any)


def _construct(card: Card, make: Any, arguments: Mapping[str, Any], where: str) -> Any:
    try:
        return make(**arguments)
    except Problem:
        raise
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # whatever it raises is about its arguments
        message = said(error)
        name, _, text = message.partition(": ")
        problem = _refusal(card, arguments, where, text or name)
        if card.id.startswith(OWN):
            problem = _of_own_line(problem, error, make)
        raise problem from error


def _of_own_line(problem: Problem, error: BaseException, make: Any) -> Problem:
    """What a typed class's constructor raised: rather its line is wrong than an argument."""
    from explorer.core.own_code.failures import sentence  # the package builds layers, and so needs this module

    found = diagnose(error, make)
    ended = sentence(error)
    if ended is not None:
        problem.what, problem.expected, problem.received = ended, "", ""
    if found is not None:
        problem.what, problem.expected, problem.received = found.cause, found.expected, found.received
        problem.why, problem.fixes = found.why, found.fixes
    problem.place = found.place if found is not None and found.place else blamed(error, make)
    problem.detail = said(error)
    return problem


def _refusal(card: Card, arguments: Mapping[str, Any], where: str, message: str) -> Problem:
    """A constructor's own message as a Problem: its sentence on what it wants, and what it got."""
    name = next((spec.name for spec in card.fields if _mentions(message, spec.name)), "")
    sentences = [part.strip() for part in re.split(r"(?<=[.!])\s+|\n+", message) if part.strip()]
    wanted = [
        part for part in sentences if re.search(r"\b(must|should|expected|needs?|require[sd]?|only)\b", part, re.I)
    ]
    received = re.search(r"\b(?:Received|Got|Found):?\s*(.+?)\.?\s*$", message, re.I | re.S)
    if received:
        got = " ".join(received[1].split())
    else:
        got = f"{name}={arguments.get(name)!r}" if name else ", ".join(f"{k}={v!r}" for k, v in arguments.items())
    return Problem(
        Message("“{layer}” cannot be made with these parameters.", {"layer": card.title}),
        expected=(wanted or sentences)[0][:240],
        received=got[:160],
        where=f"{where}.{name}" if name else where,
        detail=message,
    )


def _mentions(message: str, name: str) -> bool:
    return (
        re.search(rf"`{re.escape(name)}`|\b{re.escape(name)}\s*=|\bargument:? '?{re.escape(name)}\b", message)
        is not None
    )
