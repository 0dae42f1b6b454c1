"""where: a condition chooses between two numbers."""

from __future__ import annotations

from dataclasses import replace

from explorer.arithmetic.binary import given_number
from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import copy_of
from explorer.arithmetic.operands import CannotExplain
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation, Term


@explains("keras.ops.where", "keras.ops.select")
def where(case: Case) -> Explanation:
    """The first number where the condition holds, else the second."""
    condition = case.need("condition", 0)
    taken = bool(condition.array[condition.index_for(case.index)])
    chosen = case.given("x1", 1) or case.given("x", 1) if taken else case.given("x2", 2)
    if chosen is None:
        raise CannotExplain("only a condition")
    number = chosen.number(chosen.index_for(case.index), case.dtype)
    copy = copy_of("select", number, case.value, case.dtype)
    truth = given_number(condition, case.index, "condition")
    result = replace(copy, terms=(*copy.terms, Term((truth,), float(taken), truth.printed, 1)), count=2)
    text = (
        "The condition holds here, so the first is taken."
        if taken
        else "The condition does not hold here, so the second is taken."
    )
    return case.answer(text, result)
