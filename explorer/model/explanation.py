"""How one cell came to its number: values only, for a view to write down.

An `Explanation` holds one `Equation` for the cell and, before it, the equations of what had to be computed again
because it was not recorded (a mean inside a fused operation). Every printed number is given as text, and the texts
keep a promise. What is printed as a cell of a tensor is that cell's number. A term is what its factors give, multiplied
or put into a formula. The printed terms and the printed rounding add to the printed value exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from explorer.model.trace import Message

Scalar = bool | int | float | complex | str

SUMS = ("sum", "sum of products", "product", "window")
"""Forms whose printed terms add to the printed value."""
CHOICES = ("maximum of", "minimum of", "position of")
"""Forms that take one of their terms; it is marked."""
FORMULAS = ("function of", "quotient", "power", "softmax", "normalised", "logical")
"""Forms of one term: its numbers, put into `formula`, give it."""
COPIES = ("same number from", "select", "opened in its own frame", "cast")
"""Forms that take over another cell's number."""
ORIGINS = ("constant", "random", "given", "unexplained")
"""Forms where nothing is computed from other cells, or nothing that is known here."""
FORMS = (*SUMS, *CHOICES, *FORMULAS, *COPIES, *ORIGINS)


@dataclass(frozen=True)
class Number:
    """One number of an equation, and where it stands.

    Attributes:
        value: the number; of a recorded tensor, exactly what was recorded.
        printed: how it is written: the shortest text that reads back as the same number of its type.
        tensor: the id of the recorded tensor it is a cell of, or "" for a literal and for a recomputed number.
        index: its cell in that tensor.
        name: what the formula calls it, or "".
        recomputed: whether it was computed for this explanation, and not recorded.
    """

    value: Scalar
    printed: str
    tensor: str = ""
    index: tuple[int, ...] = ()
    name: str = ""
    recomputed: bool = False


@dataclass(frozen=True)
class Term:
    """One term of an equation: a number, a product of numbers, or what the equation's formula makes of them.

    Attributes:
        factors: the numbers; where there is no formula they are multiplied, and a leading -1 stands for a minus sign.
        value: the term in float64.
        printed: what the printed factors give, rounded to the equation's decimals.
        position: its place among all terms of the equation, from 0.
        marked: whether it is the one that was taken (the winner of a maximum).
    """

    factors: tuple[Number, ...]
    value: float
    printed: str
    position: int = 0
    marked: bool = False


@dataclass(frozen=True)
class Rest:
    """The terms of a long equation that are not listed.

    Attributes:
        count: how many they are.
        value: their sum in float64; of a choice, the largest (smallest) of them.
        printed: the sum as written.
    """

    count: int
    value: float
    printed: str


@dataclass(frozen=True)
class Equation:
    """Numbers on one side, one number on the other.

    Attributes:
        form: one of `FORMS`.
        value: the number that was recorded, or recomputed if `recomputed`.
        printed: as written.
        terms: the terms that are listed, in their order; of one of `FORMULAS`, one term.
        count: how many terms there are in all.
        rest: the terms that are not listed, or None.
        exact: the equation's left side in float64, from the recorded numbers.
        residue: `value - exact`; 0 where both are NaN or the same infinity.
        bound: what rounding allows the residue to be.
        formula: how a term comes from its factors, in their names; "" where they are multiplied.
        label: what a recomputed number is ("mean").
        recomputed: whether `value` was computed for this explanation.
        rounding: what is to be added to the printed terms to give the printed value, as written; "" for nothing. It
            is the rounding of the computer and of the printed digits.
        adds_up: whether the printed numbers keep their promise, with a rounding that is no more than rounding.
    """

    form: str
    value: Scalar
    printed: str
    terms: tuple[Term, ...] = ()
    count: int = 0
    rest: Rest | None = None
    exact: Scalar = 0.0
    residue: float = 0.0
    bound: float = 0.0
    formula: str = ""
    label: Message | None = None
    recomputed: bool = False
    rounding: str = ""
    adds_up: bool = True

    @property
    def holds(self) -> bool:
        """Whether the residue is no more than rounding explains."""
        return not math.isnan(self.residue) and abs(self.residue) <= self.bound


@dataclass(frozen=True)
class Explanation:
    """How one cell came to its number.

    Attributes:
        tensor, index: the cell.
        operation: the name of the operation that made its tensor, as the step tells it.
        headline: one sentence.
        result: the cell's equation.
        parts: the equations of what was recomputed on the way, in the order in which they are used.
        notes: what else a reader should know (where a NaN came from, why there is no explanation).
        depends: of an operation without an explainer: ids of what it was given.
        printed: the cell's number as written anywhere else: with all its digits.
    """

    tensor: str
    index: tuple[int, ...]
    operation: str
    headline: Message
    result: Equation
    parts: tuple[Equation, ...] = ()
    notes: tuple[Message, ...] = ()
    depends: tuple[str, ...] = field(default=())
    printed: str = ""

    @property
    def form(self) -> str:
        """The form of the cell's equation."""
        return self.result.form

    @property
    def value(self) -> Scalar:
        """The cell's recorded number."""
        return self.result.value

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms that are listed."""
        return self.result.terms

    @property
    def explained(self) -> bool:
        """Whether an explainer knew the operation."""
        return self.form != "unexplained"

    @property
    def recomputed(self) -> bool:
        """Whether any number shown was not recorded."""
        return bool(self.parts) or any(number.recomputed for term in self.terms for number in term.factors)
