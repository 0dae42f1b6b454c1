"""Undo, redo, start again, and the experiment as a file."""

from __future__ import annotations

import streamlit as st

from explorer import files
from explorer.problem import Problem
from explorer.views.problems import show_problem
from explorer.views.session import Session
from explorer.views.work import needed


def draw_toolbar(session: Session) -> None:
    """Draw the buttons that concern the experiment as a whole."""
    t = session.text
    with st.container(horizontal=True, key="toolbar", gap="small"):
        st.button("", key="undo", icon=":material/undo:", help=t("Undo"), disabled=not session.done,
                  on_click=session.undo, type="tertiary")  # fmt: skip
        st.button("", key="redo", icon=":material/redo:", help=t("Redo"), disabled=not session.undone,
                  on_click=session.redo, type="tertiary")  # fmt: skip
        st.button("", key="reset", icon=":material/restart_alt:", help=t("Back to the defaults of this layer"),
                  on_click=lambda: session.replace(type(session.experiment)(layer=session.experiment.layer)),
                  type="tertiary")  # fmt: skip
        st.button("", key="share", icon=":material/share:", help=t("Link and file"), on_click=session.toggle_sharing,
                  type="tertiary")  # fmt: skip
    if session.sharing:
        with st.container(border=True, key="sharing"):
            _draw_share(session)


def _draw_share(session: Session) -> None:
    t = session.text
    st.markdown(t("The address of this page holds the whole experiment: copy it to share what you see."))
    st.download_button(
        t("Save as an .experiment file"), files.save(session.experiment, needed(session, session.experiment)),
        file_name=f"{session.experiment.layer}.experiment", mime="application/octet-stream", on_click="ignore",
        key="save_experiment", icon=":material/download:",
    )  # fmt: skip
    file = st.file_uploader(t("Open an .experiment file"), ["experiment"], key="open_experiment")
    if file is None or st.session_state.get("opened_experiment") == file.file_id:
        return
    st.session_state["opened_experiment"] = file.file_id
    try:
        experiment, arrays = files.load(file.getvalue())
    except Problem as problem:
        show_problem(session, problem, "open_experiment")
        return
    session.attachments.update(arrays)
    session.replace(experiment)
    st.rerun()
