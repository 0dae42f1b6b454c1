"""The picture: every tensor of a trace, drawn by the stage, and the mark of the check against NumPy."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer import stage
from explorer.experiment import Edit
from explorer.problem import Problem
from explorer.stage.labels import LABELS
from explorer.trace import Check, Message, Tensor, Trace
from explorer.views.problems import escape, show_problem
from explorer.views.session import Session
from layers.card import Card


def draw_picture(session: Session, card: Card, trace: Trace, check_slot: Any) -> None:
    """Draw a trace; edits made in it go back into the experiment."""
    t = session.text
    _draw_check(session, trace.check, check_slot)
    for note in trace.notes:
        st.caption(escape(t.message(note)))
    tensors = visible(trace)
    if tensors:
        edited: dict[str, list[list[int]]] = {}
        for edit in session.experiment.edits:
            edited.setdefault(edit.tensor, []).append(list(edit.index))
        stage.draw(
            tensors, key="stage", labels={name: t(text) for name, text in LABELS.items()},
            options={
                "scale": session.look.scale, "edited": edited, "stale": session.stale,
                "editable": [x.id for x in tensors if x.role in ("input", "weight") and x.value.dtype.kind in "fiu"],
            },
            on_edit=lambda tensor, index, typed: _edit(session, tensor, index, typed),
        )  # fmt: skip
    if "stage" in session.problems:
        show_problem(session, session.problems["stage"], "stage")
    if session.experiment.edits:
        st.button(
            t("Drop the edited cells ({count})", count=len(session.experiment.edits)), key="drop_edits",
            icon=":material/ink_eraser:", on_click=lambda: session.change(edits=()),
        )  # fmt: skip
    if trace.facts:
        st.table({"": [name for name, _ in trace.facts], " ": [value for _, value in trace.facts]}, hide_index=True)


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
            Message("That is not a number."), expected="1 2.5 nan", received=typed[:40], where="edits"
        )


def _draw_check(session: Session, check: Check | None, slot: Any) -> None:
    t = session.text
    if check is None:
        return
    difference = "0" if check.difference == 0 else f"{check.difference:.2g}"
    if check.agrees:
        slot.badge(
            t("NumPy agrees · largest difference {difference}", difference=difference), icon=":material/check:",
            color="blue",
        )  # fmt: skip
    else:
        slot.badge(
            t("NumPy differs by {difference} (allowed {tolerance})", difference=difference,
              tolerance=f"{check.tolerance:.2g}"),
            icon=":material/warning:", color="orange",
        )  # fmt: skip
