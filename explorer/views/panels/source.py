"""The layer's source, Keras's own included, with the file where it stands."""

from __future__ import annotations

import streamlit as st

from explorer.model.problem import Problem
from explorer.views import panel
from explorer.views.foreign_text import code, escape
from explorer.views.panels import Scene
from explorer.views.problems import show_problem
from explorer.views.work import ask


def show(scene: Scene) -> None:
    """Draw the source of the layer."""
    asked = {"layer": scene.card.id} | ({"code": scene.experiment.code} if scene.experiment.code else {})
    try:
        sources = ask(scene.session, "source", asked).meta["sources"]
    except Problem as problem:
        show_problem(scene.session, problem, "source")
        return
    for source in sources:
        where = scene.t("{file}, line {line}", file=source["file"], line=source["first_line"])
        st.caption(f"`{code(source['name'])}` · {escape(where)}")
        st.code(source["text"], line_numbers=True)


panel("source", "Source", show, group="understand", order=30)
