"""The flow of the call: what the page shows first, and what the reader sets in it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from explorer.experiment import Edit
from explorer.experiment.chains import ARROW
from explorer.experiment.examples import shown_example
from explorer.experiment.experiment import MAX_EDITS
from explorer.i18n.translator import LANGUAGES, translator
from explorer.model.problem import Problem
from explorer.model.tape import PARAMETER
from explorer.model.trace import Trace
from explorer.stage import flow
from explorer.stage.flow_options import editable, failure, masked, visible
from explorer.stage.words import axis_name, flow_labels
from explorer.views.foreign_text import title_of
from explorer.views.panels import Scene
from explorer.views.problems import show_problem
from explorer.views.session import Session
from explorer.views.tape import program_of
from explorer.views.work import card_of


def draw_flow(scene: Scene, shown: Trace | None) -> None:
    """Draw the call as a graph, with its code and the touched number.

    Of a call that failed it is what was recorded until then; of a layer that could not be built or called at all the
    last good one, which is marked so. Cells that are set in it go into the experiment.

    Args:
        scene: what the page is about.
        shown: the trace of the experiment, or the last good one. It is not read from the session, which may give
            a trace up at any time to make room for other pages.
    """
    t, session = scene.t, scene.session
    failed = session.failed if session.failed is not None and session.failed.frames else None
    trace = failed or shown
    if trace is None:
        return
    notes = [t.message(note) for note in trace.notes]
    if failed:
        notes.insert(0, t("The call failed. This is what it did until then."))
    tensors = visible(trace)
    edited: dict[str, list[list[int]]] = {}
    for edit in session.experiment.edits:
        edited.setdefault(edit.tensor, []).append(list(edit.index))
    flow.draw(
        trace,
        key="flow",
        labels=flow_labels(t, tensors),
        options={
            "tensors": [tensor.id for tensor in tensors],
            "editable": editable(tensors),
            "edited": edited,
            "masked": masked(trace),
            "scale": session.look.scale,
            "stale": session.stale and not failed,
            "call": program_of(session.experiment),
            "most": MAX_EDITS,
            "limits": {f"{PARAMETER}{x.name}": [x.minimum, x.maximum] for x in scene.card.fields if x.kind == "number"},
            "subject": session.experiment.layer,
            "notes": notes,
            "at": session.look.at,
            "present": session.look.present == "1",
            "origin": session.look.origin,
            "captions": _captions(scene),
            "failed": failure(trace.frames) if failed else "",
        },
        on_edit=lambda tensor, typed: _edit(session, tensor, typed),
        axis=lambda name: axis_name(t, name),
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


def _captions(scene: Scene) -> list[str]:
    """The layers' names, and what to look at or what the layer does in every language, the reader's first."""
    session, card = scene.session, scene.card
    cards = [card, *(card_of(session, link.layer) for link in session.experiment.then)]
    shown = shown_example(session.experiment, card)
    said = card.examples[shown].shows if shown is not None else card.summary if len(cards) == 1 else ""
    own = scene.t.language
    languages = sorted(LANGUAGES, key=lambda language: language != own)
    return [ARROW.join(title_of(scene.t, one) for one in cards), *(translator(one)(said) for one in languages if said)]


def _edit(session: Session, tensor: str, typed: Mapping[tuple[int, ...], str]) -> None:
    """Take cells of a tensor, or a parameter, that were set in the flow into the experiment: one change in all."""
    session.problems.pop("stage", None)
    try:
        if tensor.startswith(PARAMETER):
            text, *_ = typed.values()  # a parameter is one number, whatever the browser says
            name = tensor.removeprefix(PARAMETER)
            session.change(params={**session.experiment.params, name: _number(text)})
            return
        new = tuple(Edit(tensor, index, _number(text)) for index, text in typed.items())
        kept = [edit for edit in session.experiment.edits if edit.tensor != tensor or edit.index not in typed]
        session.change(edits=(*kept, *new))
    except Problem as problem:
        session.problems["stage"] = problem


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Problem("That is not a number.", "1 2.5 nan", text[:40], "edits") from None
