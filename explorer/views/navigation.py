"""The app's frame: navigation, language, and the page that was asked for."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from explorer.i18n.translator import LANGUAGES
from explorer.views import PAGES, PANELS, View, in_order
from explorer.views.problems import open_layer
from explorer.views.session import Session, current
from explorer.views.work import head_start

HOME = "gallery"
"""The page that opens at the address without a path."""
_LOG = logging.getLogger(__name__)

_STYLE = f"<style>{(Path(__file__).parent / 'page.css').read_text(encoding='utf-8')}</style>"


def preload() -> None:
    """Import every view and read every catalogue, so that no visitor waits for it."""
    import layers
    from explorer.claims import claims
    from explorer.i18n.translator import translator

    PAGES.all()
    PANELS.all()
    layers.catalogue()
    claims()
    for language in LANGUAGES:
        translator(language)


def show() -> None:
    """Draw the frame and run the chosen page."""
    session = current()
    session.decide()
    try:
        with session.turn.drawing():
            _show(session)
    finally:
        session.drawn = session.experiment, session.look


def _show(session: Session) -> None:
    head_start(session)
    st.set_page_config("Layer Explorer", page_icon=str(Path(__file__).parent / "icon.png"), layout="wide")
    t = session.text
    pages = {view.name: _page(view, t(view.title)) for view in in_order(PAGES) if view.fits()}
    chosen = st.navigation(list(pages.values()), position="top")
    target = st.session_state.pop("go", None) or _begin_with(pages, chosen)
    if target in pages and pages[target] is not chosen:
        st.switch_page(pages[target])
    st.html(_STYLE)
    _draw_language(session)
    try:
        chosen.run()
    except Exception:
        _LOG.exception("A page failed")
        with st.container(key="page_failed"):
            st.error(t("Something went wrong here that should not have. What you typed is still in the address."))
            st.button(t("Start again with this layer"), on_click=lambda: open_layer(session, session.experiment.layer))


def _begin_with(pages: Mapping[str, Any], chosen: Any) -> str:
    """The page of the watched file, if there is one and a visitor comes without asking for any page; else ""."""
    first = "begun" not in st.session_state
    st.session_state["begun"] = True
    return "watch" if first and "watch" in pages and chosen is pages[HOME] and not st.query_params else ""


def _page(view: View, title: str) -> Any:
    return st.Page(view.show, title=title, icon=view.icon or None, url_path=view.name, default=view.name == HOME)


def _draw_language(session: Session) -> None:
    """The languages, each by its own name; the style sheet puts them into the page's head."""
    with st.container(key="language_box"):
        st.segmented_control(
            "Language · 언어",
            list(LANGUAGES),
            format_func=lambda name: LANGUAGES[name],
            key=session.show("language", session.text.language),
            required=True,
            label_visibility="collapsed",
            on_change=session.accept("language", lambda chosen: session.see(language=chosen or session.text.language)),
        )
