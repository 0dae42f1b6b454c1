"""Problems as JSON and arrays, and back: with what was recorded until the layer's call failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from explorer.engine.codec.columns import trace_from_meta, trace_to_meta
from explorer.engine.codec.reading import items, mapping, readable, text
from explorer.engine.codec.simple import message_from_json, message_to_json
from explorer.model.problem import Problem, Repair


def problem_to_meta(problem: Problem) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A problem as JSON and arrays. A trace that is too large to show is left out."""
    texts = {name: str(getattr(problem, name)) for name in ("expected", "received", "where", "detail", "line")}
    repairs = [{"label": message_to_json(repair.label), "change": repair.change} for repair in problem.repairs]
    meta = {
        "what": message_to_json(problem.what),
        **texts,
        "repairs": repairs,
        "why": None if problem.why is None else message_to_json(problem.why),
        "mends": [message_to_json(mend) for mend in problem.mends],
        "trace": None,
    }
    if problem.trace is None:
        return meta, {}
    try:
        trace, arrays = trace_to_meta(problem.trace)
    except Problem:
        return meta, {}
    return {**meta, "trace": trace}, arrays


@readable
def problem_from_meta(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Problem:
    """The problem that `problem_to_meta` wrote.

    Raises:
        BadMessage: if it is not one.
    """
    repairs = []
    for repair in items(meta["repairs"]):
        repairs.append(Repair(message_from_json(repair["label"]), mapping(repair["change"])))
    return Problem(
        message_from_json(meta["what"]),
        expected=text(meta["expected"]),
        received=text(meta["received"]),
        where=text(meta["where"]),
        detail=text(meta["detail"]),
        repairs=tuple(repairs),
        trace=None if meta["trace"] is None else trace_from_meta(meta["trace"], arrays),
        line=text(meta["line"]),
        why=None if meta["why"] is None else message_from_json(meta["why"]),
        mends=tuple(message_from_json(mend) for mend in items(meta["mends"])),
    )
