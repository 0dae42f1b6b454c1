"""The page where one layer is seen: controls beside it, the flow of its call, and the panels below."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from explorer.model.problem import Problem
from explorer.views import PANELS, in_order, page
from explorer.views.controls.call import draw_call
from explorer.views.controls.chain import draw_chain
from explorer.views.controls.inputs import draw_inputs
from explorer.views.controls.look import draw_look
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
from explorer.views.trail import draw_trail
from explorer.views.work import card_of, trace_of
from layers.card import Card


def show() -> None:
    """Draw the page from the experiment: whatever is on it follows from there.

    What is sent first is painted first: on a first visit the controls, while TensorFlow may still be starting; after
    that the flow, into its reserved place.
    """
    session = current()
    header, stage, panels = st.container(), st.container(), st.container()
    picker, controls = st.sidebar.container(), st.sidebar.container()
    try:
        card = card_of(session, session.experiment.layer)
    except Problem as problem:
        with header:
            _link_problem(session)
            show_problem(session, problem, "layer")
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
    scene = Scene(session, card, session.experiment, session.text)
    with stage:
        _draw_trace(scene)
    mark = mark or draw_around()
    write_link(session)
    with panels:
        _draw_panels(scene)
    draw_check(session, card, mark)


def _draw_controls(session: Session, card: Card) -> None:
    t = session.text
    draw_toolbar(session)
    if card.fields:
        st.subheader(t("Parameters"), anchor=False)
        draw_parameters(session, card)
    if card.inputs:
        st.subheader(t("Inputs"), anchor=False)
        draw_inputs(session, card)
    if not card.symbolic:
        st.subheader(t("Next layers"), anchor=False)
        draw_chain(session, card)
        st.subheader(t("Call"), anchor=False)
        draw_call(session, card)
        st.subheader(t("Picture"), anchor=False)
        draw_look(session)


def _draw_trace(scene: Scene) -> None:
    """Draw the trace of the experiment; on a problem the last good one of this layer, which the flow marks so."""
    session, card = scene.session, scene.card
    try:
        session.keep(trace_of(session, session.experiment), card.id)
    except Problem as problem:
        show_problem(session, problem, "run")
        session.fail(problem.trace)
    if not card.symbolic:
        draw_flow(scene)
        draw_trail(scene)
    if scene.trace is not None and scene.trace.facts:
        table({"": [name for name, _ in scene.trace.facts], " ": [value for _, value in scene.trace.facts]})


def _link_problem(session: Session) -> None:
    for key, problem in session.problems.items():
        if key.startswith("link_"):
            show_problem(session, problem, key)


def _draw_panels(scene: Scene) -> None:
    """The choice of panels, and the chosen one; the others are not computed."""
    t = scene.t
    views = [view for view in in_order(PANELS) if view.fits(scene)]
    names = [view.name for view in views]
    titles = [t(view.title) for view in views]
    session = scene.session
    open_name = session.look.panel if session.look.panel in names else names[0]
    key = f"panels_{'_'.join(names)}"
    st.segmented_control(
        t("Panels"),
        names,
        format_func=lambda name: escape(titles[names.index(name)]),
        key=session.show(key, open_name),
        on_change=lambda: session.see(panel=st.session_state[key]),
        required=True,
        label_visibility="collapsed",
    )
    views[names.index(open_name)].show(scene)


page("explore", "Explore", show, order=20, icon=":material/grid_on:")
