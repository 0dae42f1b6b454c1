"""Show a Problem: what was expected, what was received, and the fixes to click."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import streamlit as st

import layers
from explorer.experiment import Experiment
from explorer.experiment.examples import opening
from explorer.experiment.experiment import OWN, OWN_FILE
from explorer.experiment.model_file import is_of_model
from explorer.experiment.own_files import place_in
from explorer.model.fix import SourceLine
from explorer.model.problem import Problem
from explorer.views.foreign_text import code, marked
from explorer.views.session import Session
from explorer.watching import watcher


def show_problem(session: Session, problem: Problem, key: str, quiet: bool = False) -> None:
    """Draw a problem.

    Args:
        session: whose language and experiment.
        problem: what to show.
        key: keeps the buttons of several problems apart.
        quiet: a line under a control instead of a box.
    """
    t = session.text
    lines = [f"**{marked(t.message(problem.what))}**"]
    if problem.expected:
        lines.append(f"{t('Expected')}: `{code(problem.expected)}`")
    if problem.received:
        lines.append(f"{t('Received')}: `{code(problem.received)}`")
    if quiet:
        with st.container(key=f"quiet_{key}"):
            st.markdown(":red[" + " · ".join(lines) + "]")
        return
    if problem.place is not None:
        lines.append(f"{t('Line')}: `{code(_place(session, problem.place))}`")
    if problem.why is not None:
        lines.append(marked(t.message(problem.why)))
    lines += [f"→ {marked(t.message(fix.what))}" for fix in problem.fixes]
    with st.container(key=f"problem_{key}"):
        st.error("  \n".join(lines), icon=":material/error:")
        if problem.repairs:
            with st.container(horizontal=True, key=f"repairs_{key}"):
                for number, repair in enumerate(problem.repairs):
                    st.button(
                        marked(t.message(repair.label)),
                        key=f"repair_{key}_{number}",
                        icon=":material/build:",
                        on_click=apply_repair,
                        args=(session, repair.change),
                    )
        if problem.detail:
            with st.expander(t("The original message")):
                st.code(problem.detail, language=None, wrap_lines=True)


def _place(session: Session, place: SourceLine) -> str:
    """A line as its writer finds it: in the watched file, or in a module beside it."""
    if place.file != OWN_FILE or place.line < 1:
        return str(place)
    text, watched = session.experiment.code, watcher()
    path, line = place_in(text, place.line)
    first = watched.path.name if watched is not None and watched.knows(text) else OWN_FILE
    return str(SourceLine(path or first, line, place.text))


def apply_repair(session: Session, change: Mapping[str, Any]) -> None:
    """Apply a repair: "params.units" replaces one parameter, other names replace a part of the experiment."""
    if "layer" in change:
        open_layer(session, change["layer"])
        return
    parts = session.experiment.to_json()
    for name, value in change.items():
        part, _, key = name.partition(".")
        parts[part] = {**parts.get(part, {}), key: value} if key else value
    session.replace(type(session.experiment).from_json(parts))


def open_layer(session: Session, layer: str) -> None:
    """Show another layer as it opens; the seed stays."""
    card = layers.catalogue().get(layer)
    opened = opening(card) if card else Experiment(layer)
    shown = session.experiment
    if layer.startswith(OWN) or is_of_model(layer):
        opened = Experiment(layer, code=shown.code, model=shown.model)
    session.replace(dataclasses.replace(opened, seed=shown.seed))
    session.problems.clear()
