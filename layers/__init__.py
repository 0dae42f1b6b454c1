"""Layer Explorer's layers: one file a layer, each with its card, its Keras class and its NumPy derivation.

Importing this package, or reading the catalogue, does not import Keras; `card.layer_class` does.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from types import MappingProxyType
from typing import Any

from layers import card as _vocabulary
from layers import choices as _choices
from layers import fields as _fields
from layers.card import Card, Example, Field, Input, Tensor

__all__ = ["Card", "Example", "Field", "Input", "Tensor", "catalogue"]

_HOME = Path(__file__).parent
_VOCABULARY: dict[str, Any] = {kind.__name__: kind for kind in (Card, Example, Field, Input, Tensor)} | {
    name: value for words in (_choices, _fields) for name, value in vars(words).items() if name.isupper()
}


@functools.cache
def catalogue() -> MappingProxyType[str, Card]:
    """Every card, by id, in the files' order of `(group, title)` with our own layers first.

    Raises:
        ValueError: if two files claim the same id.
    """
    cards: dict[str, Card] = {}
    for path in sorted(_HOME.rglob("*.py")):
        found = read_card(path)
        if found is None:
            continue
        if found.id in cards:
            raise ValueError(f"Two cards share the id {found.id!r}; the second is in {path.name}")
        cards[found.id] = found
    order = {group: position for position, group in enumerate(_vocabulary.GROUPS)}
    return MappingProxyType(dict(sorted(cards.items(), key=lambda item: (order[item[1].group], item[1].title))))


def read_card(path: Path) -> Card | None:
    """The card of a layer file, read without running the file (and so without Keras).

    A layer file states `CARD = Card(...)` with literals and the words of `layers.card`, `layers.choices` and
    `layers.fields` only. That one expression is evaluated here; the rest of the file is not.

    Returns:
        The card, or None when the file states none.
    Raises:
        NameError: if the statement uses a name that is not a word of `layers.card`.
    """
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "CARD" for t in statement.targets
        ):
            code = compile(ast.Expression(statement.value), str(path), "eval")
            found: Card = eval(code, {"__builtins__": {}}, dict(_VOCABULARY))  # our own files only
            return found
    return None
