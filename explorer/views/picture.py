"""The picture: every tensor of a trace, drawn by the stage, and the mark of the check against NumPy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from explorer import stage
from explorer.experiment import Edit
from explorer.i18n.translator import Translator
from explorer.model.problem import Problem
from explorer.model.trace import Tensor, Trace
from explorer.stage.labels import LABELS
from explorer.views.foreign_text import marked, table
from explorer.views.problems import show_problem
from explorer.views.session import Session


def draw_picture(session: Session, trace: Trace) -> None:
    """Draw a trace; edits made in it go back into the experiment."""
    t = session.text
    for note in trace.notes:
        st.caption(marked(t.message(note)))
    tensors = visible(trace)
    if tensors:
        edited: dict[str, list[list[int]]] = {}
        for edit in session.experiment.edits:
            edited.setdefault(edit.tensor, []).append(list(edit.index))
        draw_tensors(
            t,
            tensors,
            key="stage",
            options={
                "traced": True,
                "scale": session.look.scale,
                "stale": session.stale,
                "edited": edited,
                "masked": _masked(trace),
                "subject": session.experiment.layer,
                "editable": [x.id for x in tensors if x.role in ("input", "weight") and x.value.dtype.kind in "fiu"],
            },
            on_edit=lambda tensor, index, typed: _edit(session, tensor, index, typed),
        )
    if "stage" in session.problems:
        show_problem(session, session.problems["stage"], "stage")
    if session.experiment.edits:
        st.button(
            t("Drop the edited cells ({count})", count=len(session.experiment.edits)),
            key="drop_edits",
            icon=":material/ink_eraser:",
            on_click=lambda: session.change(edits=()),
        )
    if trace.facts:
        table({"": [name for name, _ in trace.facts], " ": [value for _, value in trace.facts]})


def draw_tensors(
    t: Translator, tensors: Sequence[Tensor], *, words: Mapping[str, str] | None = None, **how: Any
) -> None:
    """Draw tensors in the reader's language.

    Args:
        t: the reader's translator.
        tensors: what to draw.
        words: translated words that replace the stage's own, keyed as in `LABELS`.
        how: what else `explorer.stage.draw` takes.
    """
    told = [dataclasses.replace(tensor, help=t(tensor.help)) for tensor in tensors]
    stage.draw(told, labels={**labels(t), **(words or {})}, axis=lambda name: axis_name(t, name), **how)


def labels(t: Translator) -> dict[str, str]:
    """The stage's own words in the reader's language."""
    return {name: t(text) for name, text in LABELS.items()}


def axis_name(t: Translator, name: str) -> str:
    """An axis name in the reader's language; "axis 3" keeps its number."""
    return t("axis {number}", number=name[5:]) if name.startswith("axis ") else t(name)


def _masked(trace: Trace) -> dict[str, list[list[int]]]:
    """The steps of the first input that its mask leaves out, as the beginnings of their cells' indices."""
    mask = next((tensor.value for tensor in trace.mask if tensor.id.startswith("mask:in")), None)
    if mask is None or not trace.inputs:
        return {}
    return {trace.inputs[0].id: np.argwhere(~mask.astype(bool)).tolist()}


def visible(trace: Trace) -> list[Tensor]:
    """The tensors to draw: a local that is an output, an input or a mask under another name is drawn once."""
    outside = {id(tensor.value) for tensor in (*trace.inputs, *trace.outputs)}
    inner = [tensor for tensor in trace.intermediates if id(tensor.value) not in outside]
    return [*trace.inputs, *trace.mask, *trace.weights, *inner, *trace.outputs]


def _edit(session: Session, tensor: str, index: tuple[int, ...], typed: str) -> None:
    """Take a cell typed in the picture into the experiment."""
    session.problems.pop("stage", None)
    try:
        edit = Edit(tensor, index, float(typed))
        kept = [e for e in session.experiment.edits if (e.tensor, e.index) != (tensor, index)]
        session.change(edits=(*kept, edit))
    except Problem as problem:
        session.problems["stage"] = problem
    except ValueError:
        session.problems["stage"] = Problem(
            "That is not a number.", expected="1 2.5 nan", received=typed[:40], where="edits"
        )
