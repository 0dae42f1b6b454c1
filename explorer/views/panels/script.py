"""The screen as a Python program that asserts what it shows."""

from __future__ import annotations

import streamlit as st

from explorer.experiment.model_file import is_of_model
from explorer.export.program import script
from explorer.model.problem import Problem
from explorer.views import panel
from explorer.views.panels import Scene
from explorer.views.problems import show_problem
from explorer.views.work import card_of


def show(scene: Scene) -> None:
    """Draw the program, with a button to take it away."""
    t = scene.t
    if scene.trace is None:
        return
    if is_of_model(scene.card.id):
        st.info(t("The weights of this layer stand in its .keras file; a program that builds it anew has others."))
        return
    try:
        following = [card_of(scene.session, link.layer) for link in scene.experiment.then]
        text = script(scene.experiment, scene.card, scene.trace, following)
    except Problem as problem:
        show_problem(scene.session, problem, "script")
        return
    st.markdown(t("This program needs Keras and NumPy only. It builds the same layer and asserts the output above."))
    st.download_button(
        t("Download"),
        text,
        file_name=f"{scene.card.title}.py",
        mime="text/x-python",
        icon=":material/download:",
        on_click="ignore",
        key="download_script",
    )
    st.code(text)


panel(
    "script",
    "Script",
    show,
    group="take",
    order=60,
    fits=lambda scene: scene.trace is not None and not scene.card.symbolic,
)
