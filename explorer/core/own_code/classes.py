"""The layer classes of a text, each with a card of its own."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import difflib
import functools
import inspect
import time
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from explorer.core.build import build_layer
from explorer.core.catalog import docstring
from explorer.core.catalog.derive import Closed, derive_card, fields_of, signature, usual_of
from explorer.core.keras_private import set_random_seed
from explorer.core.mistakes.reading import read
from explorer.core.own_code.call_inputs import Taken, as_tensors, candidates, taken_by
from explorer.core.own_code.failures import parsed
from explorer.core.own_code.loading import Loaded, layer_classes, loaded
from explorer.core.own_code.old import findings, fixes
from explorer.core.own_code.printing import captured
from explorer.core.plain import said
from explorer.experiment.experiment import OWN, OWN_MODULE
from explorer.model.answers import OwnClasses, no_class
from explorer.model.problem import Problem, Repair
from explorer.model.trace import Message
from layers.card import Card, Field, Input

MAX_SECONDS = 0.4
"""No further input is tried on a layer after so long."""
STOPS = (Exception, SystemExit, KeyboardInterrupt)
"""What typed code may end in."""
MAX_SECONDS_IN_ALL = 1.5
"""After so long the inputs of further classes of a text are not tried."""
MAX_CLASSES = 40
"""So many classes of one text are listed at most."""


def own_classes(code: str) -> OwnClasses:
    """What a text defines.

    Raises:
        Problem: if it cannot be executed, or defines no layer.
    """
    text = loaded(code)
    cards, closed = _cards(text)
    if not cards and not closed:
        raise _no_layer(text)
    return OwnClasses(cards, _first(text, cards), closed, text.printed, findings(text.code))


def own_card(layer: str, code: str) -> Card:
    """The card of one class of a text.

    Raises:
        Problem: if the text cannot be executed, has no such class, or the class cannot be opened.
    """
    text = loaded(code)
    name = layer.removeprefix(OWN)
    classes = _listed(text)
    if name not in classes:
        near = [f"{OWN}{one}" for one in difflib.get_close_matches(name, classes, 3, 0.0)]
        if not near:
            raise _no_layer(text)
        raise Problem(
            no_class(name),
            expected=", ".join(near),
            received=layer,
            where="layer",
            repairs=tuple(Repair(Message("Open {layer}", {"layer": one}), {"layer": one}) for one in near),
        )
    found = _card(text, name)
    if isinstance(found, Message):
        raise Problem(found, received=layer, where="layer", fixes=fixes(text.code))
    return found


def _no_layer(text: Loaded) -> Problem:
    defined = [name for name, value in vars(text.module).items() if not name.startswith("__") and _is_mine(value)]
    return Problem(
        "This code defines no layer.",
        expected="class Name(keras.layers.Layer): ...",
        received=", ".join(defined)[:160] or "-",
        where="code",
        fixes=fixes(text.code),
    )


def _is_mine(value: Any) -> bool:
    return type(value).__name__ in ("function", "type") and vars(value).get("__module__", OWN_MODULE) == OWN_MODULE


# ------------------------------------------------------------------------------------------------ which classes
def _listed(text: Loaded) -> dict[str, type]:
    """The classes that can be asked for: all layers but those that others only inherit from."""
    found = layer_classes(text.module)
    kept = {
        name: one
        for name, one in found.items()
        if not (_is_abstract(one) and any(one is not other and one in other.__mro__ for other in found.values()))
    }
    return dict(list(kept.items())[:MAX_CLASSES])


def _is_abstract(one: type) -> bool:
    return inspect.isabstract(one) or getattr(one, "call", None) is keras.layers.Layer.call


def _cards(text: Loaded) -> tuple[dict[str, Card], dict[str, Message]]:
    cards: dict[str, Card] = {}
    closed: dict[str, Message] = {}
    begun = time.process_time()
    for name in _listed(text):
        found = _card(text, name, time.process_time() - begun < MAX_SECONDS_IN_ALL)
        if isinstance(found, Card):
            cards[found.id] = found
        else:
            closed[f"{OWN}{name}"] = found
    return cards, closed


def _first(text: Loaded, cards: Mapping[str, Card]) -> str:
    """The last class that no other one of the text uses."""
    tree = parsed(text.code)
    used: set[str] = set()
    for node in tree.body if tree else ():
        if isinstance(node, ast.ClassDef):
            used |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id != node.name}
    free = [layer for layer in cards if layer.removeprefix(OWN) not in used]
    return (free or list(cards) or [""])[-1]


# ------------------------------------------------------------------------------------------------ one class
@functools.lru_cache(maxsize=64)
def _card(text: Loaded, name: str, tried: bool = True) -> Card | Message:
    """The card of one class, or why it cannot be opened."""
    layer = layer_classes(text.module)[name]
    with captured():
        try:
            return _derived(name, layer, tried)
        except Closed as reason:
            return reason.reason
        except STOPS as error:  # a class may do anything, and must not cost the others
            return Message("{name} could not be read: {error}", {"name": name, "error": said(error)[:200]})


def _derived(name: str, layer: type, tried: bool) -> Card:
    if _is_abstract(layer):
        raise Closed(Message("{name} has no method “call”, so there is nothing to see of it.", {"name": name}))
    parent = _parent(layer)
    fields = fields_of(name, layer, usual_of(layer), guess=_guessed)
    reading = read(layer)
    card = Card(
        id=f"{OWN}{name}",
        title=name,
        layer=f"{OWN_MODULE}:{name}",
        group="custom",
        summary=docstring.summary(layer) if vars(layer).get("__doc__") else "",
        story=docstring.story(layer) if vars(layer).get("__doc__") else "",
        fields=fields,
        masks="mask" in signature(layer.call).parameters,  # type: ignore[attr-defined]
    )
    options = [_with(card, *one) for one in candidates(reading, taken_by(reading), fields)]
    if parent is not None:
        how = {part: getattr(parent, part) for part in ("inputs", "spread", "input_names", "tensors", "group")}
        options.insert(0, dataclasses.replace(card, **how))
    return _that_works(options) if tried else options[0]


def _parent(layer: type) -> Card | None:
    """The card of the nearest class of Keras that it inherits from, if that one is a layer of its own."""
    for one in layer.__mro__[1:]:
        if one.__module__.partition(".")[0] == "keras":
            found = derive_card(one.__name__, one) if one is not keras.layers.Layer else None
            return found if isinstance(found, Card) else None
    return None


def _with(card: Card, taken: Taken, inputs: tuple[Input, ...]) -> Card:
    return dataclasses.replace(
        card,
        inputs=inputs,
        spread=taken.how == "spread",
        input_names=taken.names if taken.how == "keywords" else (),
        keys=taken.names if taken.how == "dictionary" else (),
    )


def _guessed(parameter: inspect.Parameter) -> Field:
    """The control of a required argument of which only the name is known."""
    name = parameter.name.lower()
    if any(word in name for word in ("shape", "sizes", "units_list", "dims", "hidden")) and not name.endswith("dim"):
        return Field(parameter.name, "json", [4])
    if any(
        word in name for word in ("rate", "prob", "alpha", "beta", "gamma", "eps", "scale", "temp", "factor", "std")
    ):
        return Field(parameter.name, "number", 0.5)
    if name.startswith(("use_", "is_", "with_", "return_")):
        return Field(parameter.name, "boolean", False)
    return Field(parameter.name, "json", 4)


def _that_works(options: Sequence[Card]) -> Card:
    """The first option whose layer can be built and called, else the first one: then its reader is told why not."""
    begun = time.process_time()
    with contextlib.suppress(Problem, *STOPS):
        build_layer(options[0], {}, "float32")  # if not even that can be done, no input helps
        for option in options:
            if _works(option):
                return option
            if time.process_time() - begun > MAX_SECONDS:
                break
    return options[0]


def _works(card: Card) -> bool:
    """Whether a layer of the card can be called, and gives something."""
    set_random_seed(0)
    try:
        layer = build_layer(card, {}, "float32")
        arguments, keywords = card.arranged(as_tensors(card.inputs))
        given = layer(*arguments, **keywords)
    except STOPS:
        return False
    return any(part is not None for part in keras.tree.flatten(given))
