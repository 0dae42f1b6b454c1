"""The page where one layer is seen: controls beside it, the flow of its call, and the panels below."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from explorer.experiment.model_file import is_of_model
from explorer.model.problem import Problem
from explorer.views import GROUPS, PANELS, View, in_order, page
from explorer.views.controls.call import draw_call
from explorer.views.controls.chain import draw_chain
from explorer.views.controls.inputs import draw_inputs
from explorer.views.controls.look import draw_look
from explorer.views.controls.model import draw_model_facts
from explorer.views.controls.parameters import draw_parameters
from explorer.views.controls.presets import draw_presets
from explorer.views.controls.toolbar import draw_toolbar
from explorer.views.flow import draw_flow
from explorer.views.foreign_text import escape, table
from explorer.views.header import draw_check, draw_header
from explorer.views.panels import Scene
from explorer.views.picker import draw_picker
from explorer.views.problems import show_problem
from explorer.views.session import Session, current, write_link
from explorer.views.tape import draw_tape
from explorer.views.trail import draw_trail
from explorer.views.work import card_of, trace_of
from layers.card import Card

PAINTING = 0.1
"""Seconds that a browser has for painting a new flow before it is sent anything else."""


def show() -> None:
    """Draw the page from the experiment: whatever is on it follows from there.

    Code that did not run yet is shown where it can be read.
    """
    session = current()
    if not session.has_agreed(session.experiment.code):
        st.session_state["go"] = "write"
        st.rerun()
    draw_layer(session, st.container(), st.container(), st.container())


def draw_layer(session: Session, header: Any, stage: Any, panels: Any) -> None:
    """Draw all that there is to see of the experiment's layer.

    What is sent first is painted first: on a first visit the controls, while TensorFlow may still be starting; after
    that the flow, into its reserved place, and with a new one the rest waits until it is painted.

    Args:
        session: whose experiment.
        header, stage, panels: where the heading, the flow, and the panels go.
    """
    picker, controls = st.sidebar.container(), st.sidebar.container()
    try:
        card = card_of(session, session.experiment.layer)
    except Problem as problem:
        with header:
            _link_problem(session)
            show_problem(session, problem, "layer")
        session.fail(problem)
        with picker:
            draw_picker(session)
        write_link(session)
        return
    session.fit(card, partial(card_of, session))

    def draw_around() -> Any:
        with header:
            mark, line = draw_header(session, card)
            _link_problem(session)
            draw_presets(session, card, line)
        with picker:
            draw_picker(session)
        with controls:
            _draw_controls(session, card)
        return mark

    mark = draw_around() if session.last_good is None else None
    scene, before = Scene(session, card, session.experiment, session.text), session.last_good
    with stage:
        _draw_trace(scene)
    if mark is None and session.last_good is not before:
        _wait_for_the_flow()
    mark = mark or draw_around()
    write_link(session)
    with panels:
        _draw_panels(scene)
    draw_check(session, card, mark)


def _wait_for_the_flow() -> None:
    """Send nothing while the browser paints a new flow: it would draw all controls anew before.

    A change that arrives meanwhile ends the wait, for Streamlit begins the next run when its state is read.
    """
    until = time.monotonic() + PAINTING
    while time.monotonic() < until:
        time.sleep(0.02)
        st.session_state.get("session")


def _draw_controls(session: Session, card: Card) -> None:
    t = session.text
    draw_toolbar(session)
    of_model = is_of_model(card.id)
    if of_model:
        draw_model_facts(session)
    if card.fields:
        st.subheader(t("Parameters"), anchor=False)
        draw_parameters(session, card)
    if card.inputs:
        st.subheader(t("Inputs"), anchor=False)
        draw_inputs(session, card)
    if not card.symbolic:
        if not of_model:
            st.subheader(t("Next layers"), anchor=False)
            draw_chain(session, card)
        st.subheader(t("Call"), anchor=False)
        draw_call(session, card)
        st.subheader(t("Colours"), anchor=False)
        draw_look(session)


def _draw_trace(scene: Scene) -> None:
    """Draw the trace of the experiment; on a problem the last good one of this layer, which the flow marks so."""
    session, card = scene.session, scene.card
    waiting = st.empty()
    if session.last_good is None and not card.symbolic:
        with waiting.container(key="flow_waiting"):  # hidden as soon as the browser has painted the flow
            st.caption(scene.t("Computing the flow …"))
    try:
        made = trace_of(session, session.experiment)
        session.keep(made, card.id)
    except Problem as problem:
        show_problem(session, problem, "run")
        session.fail(problem)
        trace = scene.trace
    else:
        trace = made
    if trace is None:
        waiting.empty()
    if not card.symbolic:
        draw_flow(scene, trace)
        draw_trail(scene)
        draw_tape(scene)
    if trace is not None and trace.facts:
        table({"": [name for name, _ in trace.facts], " ": [value for _, value in trace.facts]})


def _link_problem(session: Session) -> None:
    for key, problem in session.problems.items():
        if key.startswith("link_"):
            show_problem(session, problem, key)


def _draw_panels(scene: Scene) -> None:
    """The groups of panels, the panels of the chosen group, and the chosen panel; the others are not computed."""
    session, views = scene.session, [view for view in in_order(PANELS) if view.fits(scene)]
    opened = _opened(session, views)
    groups = [group for group in GROUPS if any(view.group == group for view in views)]
    members = {view.name: view for view in views if view.group == opened.group}
    first = {group: next(view.name for view in views if view.group == group) for group in groups}
    with st.container(horizontal=True, vertical_alignment="center", key="panel_row"):
        _draw_choice(session, "panel_groups", opened.group, {g: scene.t(GROUPS[g]) for g in groups}, first)
        titles = {name: scene.t(view.title) for name, view in members.items()}
        _draw_choice(session, f"panels_{'_'.join(members)}", opened.name, titles, {name: name for name in members})
    opened.show(scene)


def _opened(session: Session, views: Sequence[View]) -> View:
    """The panel that the link names; else that of the numbers; else the first one."""
    by_name = {view.name: view for view in views}
    return by_name.get(session.look.panel) or by_name.get("numbers") or views[0]


def _draw_choice(session: Session, key: str, chosen: str, titles: Mapping[str, str], opens: Mapping[str, str]) -> None:
    """Draw a choice that opens a panel.

    Args:
        session: whose look.
        key: the widget's.
        chosen: the chosen one.
        titles: of each, in the reader's language.
        opens: the panel that each opens.
    """
    st.segmented_control(
        session.text("Panels"),
        list(titles),
        format_func=lambda name: escape(titles[name]),
        key=session.show(key, chosen),
        # Words that the browser still has in another language choose nothing.
        on_change=session.accept(key, lambda name: session.see(panel=opens.get(name, session.look.panel))),
        required=True,
        label_visibility="collapsed",
    )


page("explore", "Explore", show, order=20, icon=":material/grid_on:")
