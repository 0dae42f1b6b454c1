"""Cards for every public Keras layer that has none of its own, derived from what the installed Keras says.

Fields come from the constructor's signature, texts from `explorer.keras_texts` or else from the docstring, the input
from a small table, from the class's name, from its group, or from its `input_spec`. Nothing is built. A class that a
later Keras adds opens the same way, or says what it needs.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

import keras

import layers
from explorer.core.catalog import docstring
from explorer.core.catalog.fields import HIDDEN, UNSET, field_of
from explorer.core.catalog.usual_inputs import BY_GROUP, BY_RANK, CLOSED, FEATURES, PICTURE, USUAL, Usual
from explorer.keras_texts.summaries import SUMMARIES, help_of
from explorer.model.trace import Message
from layers.card import GROUPS, Card, Field, Group, Input

_MODULE_GROUPS: tuple[tuple[str, Group], ...] = (
    ("image_preprocessing", "preprocessing"),
    ("preprocessing", "preprocessing"),
    ("convolutional", "convolution"),
    ("rnn", "recurrent"),
    ("activations", "activation"),
    *((group, group) for group in GROUPS),
)
_WRAPPERS = ("Bidirectional", "TimeDistributed", "SpectralNormalization", "Pipeline")


class Closed(Exception):
    """A class cannot open, and why."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


def derived_cards(namespace: Any = keras.layers) -> dict[str, Card]:
    """A card for every public layer class that has none in `layers.catalogue()`.

    Args:
        namespace: the module to look through.

    Returns:
        Cards by id ("keras.layers.Conv1D"), in alphabetical order. Aliases of a class share its card, see `aliases`.
    """
    return dict(_survey(namespace)[0])


def closed(namespace: Any = keras.layers) -> dict[str, Message]:
    """Why each of the other public layer classes cannot open, by id."""
    return dict(_survey(namespace)[1])


def aliases(namespace: Any = keras.layers) -> dict[str, str]:
    """Further public names of a class: "keras.layers.Convolution2D" -> "keras.layers.Conv2D"."""
    home = namespace.__name__
    named = _named_classes(namespace)
    return {f"{home}.{other}": f"{home}.{names[0]}" for names in named.values() for other in names[1:]}


def derive_card(name: str, layer: type, home: str = "keras.layers") -> Card | Message:
    """The card of one class, or the reason why it cannot open. Never raises."""
    try:
        return _derive(name, layer, home)
    except Closed as closed_for:
        return closed_for.reason
    except Exception as error:  # a class that nobody here has seen may do anything, and must not cost the others
        return Message("{name} could not be read: {error}", {"name": name, "error": f"{type(error).__name__}: {error}"})


@functools.cache
def _survey(namespace: Any) -> tuple[dict[str, Card], dict[str, Message]]:
    home = namespace.__name__
    cards: dict[str, Card] = {}
    reasons: dict[str, Message] = {}
    for layer, names in _named_classes(namespace).items():
        identity = f"{home}.{names[0]}"
        if identity in layers.catalogue():
            continue
        found = derive_card(names[0], layer, home)
        if isinstance(found, Card):
            cards[identity] = found
        else:
            reasons[identity] = found
    return cards, reasons


@functools.cache
def _named_classes(namespace: Any) -> dict[type, list[str]]:
    """Each public layer class with its names, the one it gives itself first."""
    named: dict[type, list[str]] = {}
    for name in sorted(dir(namespace)):
        found = getattr(namespace, name, None)
        if not name.startswith("_") and inspect.isclass(found) and issubclass(found, keras.layers.Layer):
            named.setdefault(found, []).append(name)
    return {layer: sorted(names, key=lambda name: name != layer.__name__) for layer, names in named.items()}


def _derive(name: str, layer: type, home: str) -> Card:
    if layer.__name__ in CLOSED:
        raise Closed(CLOSED[layer.__name__])
    usual = usual_of(layer)
    group = _group(name, layer)
    fields = fields_of(name, layer, usual)
    inputs, spread = _inputs(name, layer, usual, group, fields)
    constructor = inspect.signature(layer).parameters
    called = inspect.signature(layer.call).parameters  # type: ignore[attr-defined]
    told = SUMMARIES.get(name, "") if _is_keras(layer) else ""
    return Card(
        id=f"{home}.{name}",
        title=name,
        layer=f"{home}:{name}",
        group=group,
        summary=told or docstring.summary(layer) or name,
        story="" if told else docstring.story(layer),  # a docstring speaks English only
        fields=fields,
        inputs=inputs,
        tensors=usual.tensors,
        masks="mask" in called,
        random="seed" in constructor and "dropout" not in constructor,
        spread=spread,
    )


def _is_keras(layer: type) -> bool:
    """Whether `explorer.keras_texts.summaries` speaks of this class, and not of another one of its name."""
    return layer.__module__.partition(".")[0] == "keras"


def usual_of(layer: type) -> Usual:
    """What is known about a class, or about the nearest of its parents."""
    entries = (USUAL[parent.__name__] for parent in layer.__mro__ if parent.__name__ in USUAL)
    return next(entries, Usual())


def _group(name: str, layer: type) -> Group:
    if name in _WRAPPERS:
        return "wrapper"
    if "Embedding" in name:
        return "embedding"
    for parent in layer.__mro__:  # a class from elsewhere belongs where its parent does
        words = parent.__module__.split(".")
        for word, group in _MODULE_GROUPS:
            if word in words:
                return group
    return "other"


def _rank(name: str) -> int | None:
    digit = re.search(r"([123])D", name)
    return int(digit[1]) if digit else None


# -------------------------------------------------------------------------------------------------- fields
_NOTHING = Usual()


def signature(function: Any) -> inspect.Signature:
    """A signature with its annotations as objects, as far as they can be had."""
    try:
        return inspect.signature(function, eval_str=True)
    except Exception:  # an annotation may name what is not there
        return inspect.signature(function)


def _no_guess(parameter: inspect.Parameter) -> Field | None:
    return None


def fields_of(
    name: str, layer: type, usual: Usual = _NOTHING, guess: Callable[[inspect.Parameter], Field | None] = _no_guess
) -> tuple[Field, ...]:
    """The controls of a class's constructor.

    Args:
        name: what the class is called.
        layer: the class.
        usual: what is known about it.
        guess: the control of a required argument about which nothing is known; None if there is none.
    Raises:
        Closed: if a required argument has no control.
    """
    told = {**docstring.arguments(layer.__init__), **docstring.arguments(layer)}  # type: ignore[misc]
    replaced = {field.name: field for field in usual.fields}
    fields: list[Field] = []
    unknown: list[str] = []
    for parameter in signature(layer).parameters.values():
        hidden = parameter.name in HIDDEN or parameter.name in usual.hidden
        if hidden or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        ours = help_of(name, parameter.name) if _is_keras(layer) else ""
        help_text = ours or told.get(parameter.name, "")
        found = replaced.get(parameter.name) or field_of(parameter, help_text, _rank(name))
        if found is None and parameter.name in usual.values:
            found = Field(parameter.name, "json")
        found = found or guess(parameter)
        if found is None:
            unknown.append(parameter.name)
        else:
            default = usual.values.get(parameter.name, found.default)
            fields.append(dataclasses.replace(found, default=default, help=found.help or help_text))
    if unknown:
        raise Closed(
            Message(
                "{name} needs {arguments}, and no usual value is known.",
                {"name": name, "arguments": ", ".join(unknown)},
            )
        )
    return tuple(sorted(fields, key=lambda field: field.advanced))


# -------------------------------------------------------------------------------------------------- inputs
def _inputs(
    name: str, layer: type, usual: Usual, group: str, fields: tuple[Field, ...]
) -> tuple[tuple[Input, ...], bool]:
    """What the call takes, and whether as separate arguments."""
    rank = _rank(name)
    if layer.__name__ in USUAL and usual.inputs:
        return usual.inputs, usual.spread
    arguments = _call_arguments(layer)
    if len(arguments) > 1:
        shape = (usual.inputs or BY_RANK.get(rank or 0) or BY_GROUP.get(group) or FEATURES)[0]
        return tuple(dataclasses.replace(shape, name=argument) for argument in arguments), True
    if rank is not None:
        return BY_RANK[rank], False
    if "image_preprocessing" in layer.__module__ or "BaseImagePreprocessingLayer" in {
        c.__name__ for c in layer.__mro__
    }:
        return usual.inputs or PICTURE, False
    if usual.inputs:
        return usual.inputs, usual.spread
    return (BY_GROUP[group], False) if group in BY_GROUP else (_inputs_of_spec(layer, fields), False)


def _call_arguments(layer: type) -> list[str]:
    """The call's arguments that must be given, without `self`."""
    parameters = list(inspect.signature(layer.call).parameters.values())[1:]  # type: ignore[attr-defined]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in positional and p.default is UNSET]


def _inputs_of_spec(layer: type, fields: tuple[Field, ...]) -> tuple[Input, ...]:
    """The input that an instance's `input_spec` asks for: the last resort, for a class of which nothing is known."""
    required = {p.name for p in inspect.signature(layer).parameters.values() if p.default is UNSET}
    try:
        made = layer(**{field.name: field.default for field in fields if field.name in required})
    except Exception:  # its own complaint is shown when the reader opens it
        return FEATURES
    specs = keras.tree.flatten(made.input_spec) if made.input_spec is not None else []
    return tuple(_input_of_spec(spec, position) for position, spec in enumerate(specs)) or FEATURES


def _input_of_spec(spec: Any, position: int) -> Input:
    shape = list(spec.shape or [None] * (spec.ndim or spec.min_ndim or 2))
    for axis, size in (spec.axes or {}).items():
        shape[axis] = size
    sizes = tuple(size if size is not None else 2 if axis == 0 else 4 for axis, size in enumerate(shape))
    if spec.dtype is not None and "int" in str(spec.dtype):
        return Input(f"x{position}" if position else "x", sizes, (), "tokens", {}, str(spec.dtype))
    return Input(f"x{position}" if position else "x", sizes)
