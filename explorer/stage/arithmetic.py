"""Explanations -> what the browser writes down: JSON with every text in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from explorer.model.explanation import COPIES, FORMULAS, SUMS, Equation, Explanation, Number, Term
from explorer.model.trace import Message

Say = Callable[[Message], str]
Explain = Callable[[str, tuple[int, ...]], Explanation]
LONGEST_NAME = 40
LARGEST_WINDOW = 64
"""A choice among more cells is not outlined."""
MOST_HANDS = 4
"""Through so many hands a number is followed to where it has a name, or to the products that it is a sum of."""
FEW = 3
"""In a sum of so few terms each that is itself a sum of products is written down as well."""
SIGNS = {" * ": " × ", " - ": " − "}


def told(
    explanations: Sequence[Explanation],
    names: Mapping[str, str],
    say: Say,
    explain: Explain | None = None,
    same: Callable[[str, str], bool] = lambda one, other: False,
) -> dict[str, Any]:
    """One cell's arithmetic.

    Args:
        explanations: of the cell, and while that only takes over another cell's number, of that one in turn.
        names: what the reader calls a tensor, by id.
        say: translates a message.
        explain: explains another cell; then each number of a sum that is itself a product is told with its factors
            (attention's context: alpha times x, step by step), and before a short sum the sums of products that it
            adds (a Dense layer's row times column, before its bias).
        same: whether two ids are one tensor under two names; such a copy is not told.
    Returns:
        "name", "value", "headline", "copies" (text and number of each cell that handed the number on), "equations",
        "notes".
    """
    first, last = explanations[0], explanations[-1]
    handed_on = [e for e in explanations[:-1] if not same(e.tensor, e.terms[0].factors[0].tensor)]
    return {
        "name": _name(first.tensor, names),
        "value": first.printed,
        "headline": say(_renamed(last.headline, names)),
        "copies": [
            {
                "text": say(_renamed(e.headline, names)) if e.operation else "",
                "number": _number(e.terms[0].factors[0], names),
            }
            for e in handed_on
        ],
        "equations": [
            *_products(last.result, names, say, explain),
            *(_equation(part, names, say) for part in last.parts),
            _equation(last.result, names, say, explain),
        ],
        "window": _window(last, explain) if explain else {},
        "notes": list(dict.fromkeys(say(note) for e in explanations for note in e.notes)),
    }


def _equation(equation: Equation, names: Mapping[str, str], say: Say, explain: Explain | None = None) -> dict[str, Any]:
    rest = equation.rest
    return {
        "form": equation.form,
        "label": say(equation.label) if equation.label else "",
        "printed": equation.printed,
        "rounding": equation.rounding,
        "formula": _signs(equation.formula) if equation.form in FORMULAS else "",
        "count": equation.count,
        "recomputed": equation.recomputed,
        "addsUp": equation.adds_up,
        "terms": [
            {
                **_term(term, names, equation),
                "origin": [_number(factor, names) for factor in _product(equation, term, names, explain)],
            }
            for term in equation.terms
        ],
        "rest": {"count": rest.count, "printed": rest.printed} if rest else None,
    }


def _product(equation: Equation, term: Term, names: Mapping[str, str], explain: Explain | None) -> tuple[Number, ...]:
    """The factors of a listed number that is a product; () if it is none, or not one number of a sum."""
    if explain is None or equation.form not in SUMS or len(term.factors) != 1 or not term.factors[0].tensor:
        return ()
    found = explain(term.factors[0].tensor, term.factors[0].index)
    factors = found.terms[0].factors if found.form == "product" and len(found.terms) == 1 else ()
    return tuple(_named(factor, names, explain) for factor in factors)


def _named(number: Number, names: Mapping[str, str], explain: Explain) -> Number:
    """The same number where it has a name: `alpha[0, 1]` rather than `expand_dims(alpha, axis=-1)[0, 1, 0]`."""
    for _ in range(MOST_HANDS):
        if not number.tensor or names.get(number.tensor, "").isidentifier():
            break
        source = hands_on(explain(number.tensor, number.index))
        if source is None or source.printed != number.printed:
            break
        number = source
    return number


def _products(
    equation: Equation, names: Mapping[str, str], say: Say, explain: Explain | None
) -> Iterator[dict[str, Any]]:
    """The sums of products that a short sum adds, each under the name of its cell."""
    if explain is None or equation.form != "sum" or equation.count > FEW or equation.formula:
        return
    for number in (term.factors[-1] for term in equation.terms):
        found = _followed(number, explain)
        if found is not None and found.form in ("sum of products", "window") and not found.parts:
            yield {**_equation(found.result, names, say), "label": _number(number, names)["label"]}


def _followed(number: Number, explain: Explain) -> Explanation | None:
    """The explanation of a number, through the hands that it came through."""
    if not number.tensor:
        return None
    found = explain(number.tensor, number.index)
    for _ in range(MOST_HANDS):
        source = hands_on(found)
        if source is None:
            break
        found = explain(source.tensor, source.index)
    return found


def _term(term: Term, names: Mapping[str, str], equation: Equation) -> dict[str, Any]:
    return {
        "factors": [_number(factor, names) for factor in term.factors],
        "what": _what(term, names, equation),
        "printed": term.printed,
        "marked": term.marked,
    }


def _what(term: Term, names: Mapping[str, str], equation: Equation) -> list[str | dict[str, Any]]:
    """A term written with its numbers: texts, and between them the numbers in the places of their names."""
    numbers = {factor.name: factor for factor in term.factors if factor.name}
    formula = equation.formula if equation.form not in FORMULAS else ""
    if not formula:
        told: list[str | dict[str, Any]] = []
        for factor in term.factors:
            told += ([" × "] if told else []) + [_number(factor, names)]
        return told
    pieces = re.split(rf"\b({'|'.join(map(re.escape, numbers))})\b", formula)
    written: list[str | dict[str, Any]] = []
    for text, name in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        number = numbers.get(name)
        wrapped = number is not None and number.printed.startswith("-") and text.endswith(" ")
        closed = bool(written) and isinstance(written[-1], dict) and written[-1].pop("wrapped")
        written.append((")" if closed else "") + _signs(text) + ("(" if wrapped else ""))
        if number is not None:
            written.append({**_number(number, names), "wrapped": wrapped})
    return [piece for piece in written if piece]


def _signs(formula: str) -> str:
    for plain, sign in SIGNS.items():
        formula = formula.replace(plain, sign)
    return formula


def _number(number: Number, names: Mapping[str, str]) -> dict[str, Any]:
    place = f"{_name(number.tensor, names)}{list(number.index)}" if number.tensor else ""
    return {
        "printed": number.printed,
        "tensor": number.tensor,
        "index": list(number.index),
        "label": place,
        "name": number.name,
        "recomputed": number.recomputed,
    }


def _name(tensor: str, names: Mapping[str, str]) -> str:
    name = " ".join(names.get(tensor, tensor).split())
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _window(explanation: Explanation, explain: Explain) -> dict[str, list[list[int]]]:
    """The cells of which one was taken, in every tensor that had their numbers: a pooling's whole window."""
    terms = explanation.terms
    if not any(term.marked for term in terms) or not 1 < len(terms) <= LARGEST_WINDOW:
        return {}
    found: dict[str, list[list[int]]] = {}
    for term in terms:
        number: Number | None = term.factors[0]
        for _ in range(MOST_HANDS):
            if number is None or not number.tensor:
                break
            found.setdefault(number.tensor, []).append(list(number.index))
            if number.tensor.startswith(("input:", "weight:")):
                break
            number = hands_on(explain(number.tensor, number.index))
    return found


def _renamed(message: Message, names: Mapping[str, str]) -> Message:
    """The message with a tensor's name in the place of its id."""
    params = {key: _name(v, names) if isinstance(v, str) and v in names else v for key, v in message.params.items()}
    return Message(message.msgid, params)


def hands_on(explanation: Explanation) -> Number | None:
    """The cell whose number this one takes over, if it only does that."""
    if explanation.form not in COPIES or not explanation.terms:
        return None
    number = next((t for t in explanation.terms if t.marked), explanation.terms[0]).factors[0]
    return number if number.tensor else None
