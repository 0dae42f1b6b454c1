"""The layer's source, Keras's own included, with the file where it stands."""

from __future__ import annotations

from functools import partial

import streamlit as st

from explorer.experiment.experiment import OWN, OWN_MODULE
from explorer.experiment.model_file import is_of_model
from explorer.model.problem import Problem
from explorer.views import panel
from explorer.views.foreign_text import code, escape
from explorer.views.own_code import put
from explorer.views.panels import Scene
from explorer.views.problems import show_problem
from explorer.views.session import Session
from explorer.views.work import ask
from layers.card import Card


def show(scene: Scene) -> None:
    """Draw the source of the layer."""
    layer = _class_of(scene.card)
    asked = {"layer": layer} | ({"code": scene.experiment.code} if scene.experiment.code else {})
    try:
        sources = ask(scene.session, "source", asked).meta["sources"]
    except Problem as problem:
        show_problem(scene.session, problem, "source")
        return
    if not scene.experiment.code:
        label, copy = scene.t("Edit a copy"), partial(_edit_copy, scene.session, layer)
        st.button(label, key="edit_copy", icon=":material/edit_note:", on_click=copy)
    if "source" in scene.session.problems:
        show_problem(scene.session, scene.session.problems["source"], "source")
    for source in sources:
        where = scene.t("{file}, line {line}", file=source["file"], line=source["first_line"])
        st.caption(f"`{code(source['name'])}` · {escape(where)}")
        st.code(source["text"], line_numbers=True)


def _class_of(card: Card) -> str:
    """The id of the layer's class: that of a layer in a model file is its card's id no more than its name is."""
    home, _, name = card.layer.partition(":")
    return card.id if not is_of_model(card.id) else f"{OWN}{name}" if home == OWN_MODULE else f"{home}.{name}"


def _edit_copy(session: Session, layer: str) -> None:
    """Put code that does what a layer does into the editor, and go there."""
    session.problems.pop("source", None)
    try:
        put(session, ask(session, "copy", {"layer": layer}).meta["code"])
        st.session_state["go"] = "write"
    except Problem as problem:
        session.problems["source"] = problem


panel("source", "Source", show, group="understand", order=30)
