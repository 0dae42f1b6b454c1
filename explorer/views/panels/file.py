"""The experiment as a file: one to take away, and one to open."""

from __future__ import annotations

import streamlit as st

from explorer.export import experiment_file
from explorer.model.problem import Problem
from explorer.views import panel
from explorer.views.panels import Scene
from explorer.views.problems import show_problem
from explorer.views.session import Session
from explorer.views.work import experiment_of, needed


def show(scene: Scene) -> None:
    """Draw the button that saves, and the place for a file to open."""
    t, session = scene.t, scene.session
    st.markdown(
        t("The address of this page holds the experiment, but for the values of large files; a file holds them, too.")
    )
    experiment = session.experiment
    st.download_button(
        t("Save as an .experiment file"),
        experiment_file.save(experiment, needed(session, experiment)),
        file_name=f"{experiment.layer}.experiment",
        mime="application/octet-stream",
        on_click="ignore",
        key="save_experiment",
        icon=":material/download:",
    )
    st.file_uploader(
        t("Open an .experiment file"), ["experiment"], key="open_experiment", on_change=lambda: _open(session)
    )
    if "open_experiment" in session.problems:
        show_problem(session, session.problems["open_experiment"], "open_experiment")


def _open(session: Session) -> None:
    """Take the experiment of a file; this runs before the page, so that the picture shows it at once."""
    file = st.session_state["open_experiment"]
    session.problems.pop("open_experiment", None)
    if file is None:
        return
    try:
        experiment, arrays = experiment_of(session, file.getvalue())
        session.attach(arrays)
    except Problem as problem:
        session.problems["open_experiment"] = problem
        return
    session.replace(experiment)


panel("file", "File", show, group="take", order=70)
