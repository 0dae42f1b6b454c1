"""The page of the file that this server's owner watches: each save is run and shown, and can be gone back to."""

from __future__ import annotations

import streamlit as st

from explorer.views import page
from explorer.views.controls.code import draw_code
from explorer.views.controls.saves import draw_saves
from explorer.views.pages.explore import draw_layer
from explorer.views.problems import show_problem
from explorer.views.session import current, write_link
from explorer.views.watching import saves, take, told
from explorer.watching import watcher

LISTEN_EVERY = 0.2
"""Seconds after which an open page asks whether there is a new save."""


def show() -> None:
    """Draw the page. Whatever is on it but the saves is drawn as for any other layer."""
    session, watched, every = current(), watcher(), saves()
    if watched is None:
        return
    _listen(len(every) and every[-1].number, watched.problem is not None)
    if watched.problem is not None:
        show_problem(session, watched.problem, "watched")
    if not every:
        write_link(session)
        return
    with st.container(key="own_page"):
        code, seen = st.columns([5, 7], gap="medium")
    save = take(session, every)
    with seen:
        draw_layer(session, st.container(), st.container(), st.container())
    told(session)
    with code:
        draw_saves(session, watched.path.name, every, save)
        draw_code(session, read_only=True)


@st.fragment(run_every=LISTEN_EVERY)
def _listen(newest: int, failed: bool) -> None:
    """Draw the page again when there is something new: a save, or a problem with the file."""
    every, watched = saves(), watcher()
    if watched is not None and (len(every) and every[-1].number, watched.problem is not None) != (newest, failed):
        st.rerun(scope="app")


page("watch", "Watched file", show, order=-1, icon=":material/sync:", fits=lambda: watcher() is not None)
