"""Undo, redo, start again, and the link of the experiment."""

from __future__ import annotations

from functools import partial

import streamlit as st

from explorer.stage import link
from explorer.views.foreign_text import escape
from explorer.views.session import Session


def draw_toolbar(session: Session) -> None:
    """Draw the buttons that concern the experiment as a whole."""
    t = session.text
    with st.container(horizontal=True, vertical_alignment="center", key="toolbar", gap="small"):
        for key, words, told, on_click, disabled in (
            ("undo", t("Undo"), None, session.undo, not session.done),
            ("redo", t("Redo"), None, session.redo, not session.undone),
            ("reset", t("Reset"), t("Back to the defaults of this layer"), partial(_reset, session), False),
        ):
            st.button(
                escape(words),
                key=key,
                help=escape(told) if told else None,
                disabled=disabled,
                on_click=on_click,
                type="tertiary",
            )
        link.draw(copy=t("Copy link"), copied=t("Copied"), failed=t("Copy the address of the page"), key="copy_link")


def _reset(session: Session) -> None:
    shown = session.experiment
    session.replace(type(shown)(layer=shown.layer, code=shown.code, model=shown.model))
