"""What a chain of layers is, in words: how its layers are called, which ones fit, and the lines that call them.

No Keras here: the web process, the exported program and the engine must agree on these names.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence

from explorer.experiment import Edit
from explorer.model.trace import Message
from layers.card import Card

ARROW = " → "
"""Stands between the titles of a chain's layers."""


def link_names(cards: Sequence[Card]) -> tuple[str, ...]:
    """What each layer of a chain is called: its class in snake_case, numbered from the second of a kind.

    It is the attribute, the local variable and the beginning of the weights' names: "dense", "dense_1".
    """
    taken = {"self", "training", *_input_names(cards[0])}
    names: list[str] = []
    for card in cards:
        plain = _snake_case(card.layer.rpartition(":")[2])
        plain = f"{plain}_layer" if keyword.iskeyword(plain) else plain
        name, number = plain, 0
        while name in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name)
        names.append(name)
    return tuple(names)


def refusal(card: Card) -> Message | None:
    """Why a layer cannot follow another one, or None if it can."""
    if card.symbolic:
        return Message(
            "“{layer}” is not a layer: nothing can be handed to it, and it hands nothing on.", {"layer": card.title}
        )
    if card.spread and len(card.inputs) > 1 and not attends(card):
        names = ", ".join(spec.name for spec in card.inputs)
        return Message(
            "“{layer}” takes {count} tensors ({names}), and the layer before it hands on one.",
            {"layer": card.title, "count": len(card.inputs), "names": names},
        )
    return None


def attends(card: Card) -> bool:
    """Whether the one tensor that is handed on serves as query and as value: self-attention."""
    return card.group == "attention" and len(card.inputs) > 1


def call_source(cards: Sequence[Card], names: Sequence[str]) -> str:
    """The `call` of a chain: a line for each layer."""
    first, *others = cards
    parameters, arguments = _first_call(first)
    lines = [
        f"def call(self, {parameters}, training=None):",
        "    # Keras itself hands the mask and `training` on.",
        f"    {names[0]} = self.{names[0]}({arguments})",
    ]
    for card, name, before in zip(others, names[1:], names, strict=False):
        lines.append(f"    {name} = self.{name}({handed_on(card, before)})")
    return "\n".join([*lines, f"    return {names[-1]}", ""])


def handed_on(card: Card, tensor: str) -> str:
    """The arguments of a following layer's call, where `tensor` is what the layer before it gave."""
    if not attends(card):
        return tensor
    several = ", ".join([tensor] * len(card.inputs))
    return several if card.spread else f"[{several}]"


def renamed(edits: Sequence[Edit], names: Mapping[str, str]) -> tuple[Edit, ...]:
    """The edits of a chain's cells after its layers were renamed; those of layers that went are left out.

    Args:
        edits: of the chain before the change.
        names: for each layer that stays, the beginning of its weights' names before and after: "dense/" and "dense_1/",
            or "" for a layer that is alone.
    """
    kept = []
    for edit in edits:
        role, _, name = edit.tensor.partition(":")
        if role != "weight":
            kept.append(edit)
            continue
        before = next((prefix for prefix in names if name.startswith(prefix)), None)
        if before is not None:
            kept.append(Edit(f"weight:{names[before]}{name.removeprefix(before)}", edit.index, edit.value))
    return tuple(kept)


def prefixes(names: Sequence[str]) -> list[str]:
    """The beginnings of the weights' names, layer by layer. A layer that is alone needs none."""
    return [f"{name}/" for name in names] if len(names) > 1 else [""]


def _first_call(card: Card) -> tuple[str, str]:
    """The parameters of the chain's call, and how they are passed on: as the first layer takes them when alone."""
    if _as_one(card):
        return "inputs", "inputs"
    names = _input_names(card)
    return ", ".join(names), card.written(names)


def _input_names(card: Card) -> list[str]:
    if card.input_names:
        return [_identifier(card.inputs[0].name), *card.input_names[1:]]
    if _as_one(card):
        return ["inputs"] * len(card.inputs)
    return [_identifier(spec.name) for spec in card.inputs]


def _as_one(card: Card) -> bool:
    """Whether the call takes its inputs as one list or dictionary."""
    return bool(card.keys) or (len(card.inputs) > 1 and not card.spread and not card.input_names)


def _identifier(name: str) -> str:
    return name if name.isidentifier() and not keyword.iskeyword(name) else "inputs"


def _snake_case(name: str) -> str:
    """As Keras names its layers."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
