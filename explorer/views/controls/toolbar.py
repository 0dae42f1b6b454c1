"""Undo, redo, start again, and the experiment as a file."""

from __future__ import annotations

from functools import partial

import streamlit as st

from explorer.export import experiment_file
from explorer.model.problem import Problem
from explorer.views.foreign_text import escape
from explorer.views.problems import show_problem
from explorer.views.session import Session
from explorer.views.work import experiment_of, needed


def draw_toolbar(session: Session) -> None:
    """Draw the buttons that concern the experiment as a whole."""
    t = session.text
    with st.container(horizontal=True, key="toolbar", gap="small"):
        for key, icon, words, on_click, disabled in (
            ("undo", "undo", t("Undo"), session.undo, not session.done),
            ("redo", "redo", t("Redo"), session.redo, not session.undone),
            ("reset", "restart_alt", t("Back to the defaults of this layer"), partial(_reset, session), False),
            ("share", "share", t("Link and file"), session.toggle_sharing, False),
        ):
            st.button(
                escape(words),
                key=key,
                icon=f":material/{icon}:",
                help=escape(words),
                disabled=disabled,
                on_click=on_click,
                type="tertiary",
            )
    if session.sharing:
        with st.container(border=True, key="sharing"):
            _draw_share(session)


def _reset(session: Session) -> None:
    session.replace(type(session.experiment)(layer=session.experiment.layer))


def _draw_share(session: Session) -> None:
    t = session.text
    st.markdown(t("The address of this page holds the whole experiment: copy it to share what you see."))
    st.download_button(
        t("Save as an .experiment file"),
        experiment_file.save(session.experiment, needed(session, session.experiment)),
        file_name=f"{session.experiment.layer}.experiment",
        mime="application/octet-stream",
        on_click="ignore",
        key="save_experiment",
        icon=":material/download:",
    )
    file = st.file_uploader(t("Open an .experiment file"), ["experiment"], key="open_experiment")
    if file is None or st.session_state.get("opened_experiment") == file.file_id:
        return
    st.session_state["opened_experiment"] = file.file_id
    try:
        experiment, arrays = experiment_of(session, file.getvalue())
        session.attach(arrays)
    except Problem as problem:
        show_problem(session, problem, "open_experiment")
        return
    session.replace(experiment)
    st.rerun()
