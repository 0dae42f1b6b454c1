"""The page where readers write a layer of their own, or open a model file, and see at once all that the layer does."""

from __future__ import annotations

from functools import partial

import streamlit as st

from explorer.engine.pool.client import own_code_refusal, own_code_trusted
from explorer.engine.pool.own_code import TRUSTED
from explorer.views import page
from explorer.views.controls.code import draw_code
from explorer.views.controls.model import draw_model_chain
from explorer.views.foreign_text import escape
from explorer.views.own_code import KEY, follow, take, want
from explorer.views.pages.explore import draw_layer
from explorer.views.problems import show_problem
from explorer.views.session import Draft, Session, current, write_link
from explorer.views.work import model_is_open


def show() -> None:
    """Draw the page."""
    session = current()
    if own_code_trusted():
        st.warning(escape(session.text.message(TRUSTED)), icon=":material/warning:")
    if session.experiment.model is None:
        _show_code(session)
    else:
        _show_model(session)


def _show_code(session: Session) -> None:
    """Draw the editor and, beside it, what its layer does. Until there is something to see of the layer, the editor
    comes first; afterwards its notes wait for the flow.
    """
    with st.container(key="own_page"):
        code, seen = st.columns([5, 7], gap="medium")
    draft, first = follow(session), session.last_good is None
    if first:
        with code:
            draw_code(session)
    with seen:
        header, stage = st.container(), st.container()
    with header:
        _take(session, draft)
    if session.experiment.code and _runs(session):
        draw_layer(session, header, stage, st.container())
    else:
        with stage:
            _draw_waiting(session)
        write_link(session)
    if not first:
        with code:
            draw_code(session)
    elif session.last_good is not None:
        st.rerun()  # now the lines can say what they made


def _show_model(session: Session) -> None:
    """Draw a model's layers and, below them, what the chosen one does. The code of its own classes is folded away, as
    long as the model opens without it.
    """
    t, draft = session.text, follow(session)
    chain, code, header, stage = (st.container() for _ in range(4))
    with header:
        _take(session, draft)
    is_drawn = False
    if not _runs(session):
        with chain:
            _draw_waiting(session)
    else:
        with chain:
            is_drawn = draw_model_chain(session)
        if is_drawn:
            draw_layer(session, header, stage, st.container())
        else:
            stage.info(
                t("This model has many layers: choose one above. The whole of it as one flow would take long."),
                icon=":material/account_tree:",
            )
    if not is_drawn:
        write_link(session)
    with code, st.expander(t("Code of the model's own classes; another file"), expanded=not model_is_open(session)):
        draw_code(session)


def _take(session: Session, draft: Draft) -> None:
    take(session, draft)
    if KEY in session.problems:
        show_problem(session, session.problems[KEY], KEY)


def _runs(session: Session) -> bool:
    return session.has_agreed(session.experiment.code) and own_code_refusal() is None


def _draw_waiting(session: Session) -> None:
    """Say why there is nothing to see yet."""
    t, code = session.text, session.experiment.code
    refusal = own_code_refusal()
    if refusal is not None:
        st.warning(escape(t.message(refusal)), icon=":material/lock:")
    elif code and not session.has_agreed(code):
        st.info(
            t("This code came with a link. None of it has run. Read it; it runs when you press the button."),
            icon=":material/visibility:",
        )
        st.button(
            t("Run this code"),
            key="run_link",
            type="primary",
            icon=":material/play_arrow:",
            on_click=partial(want, session),
        )
    else:
        st.info(t("Run the code to see the layer here: Ctrl+Enter, or ⌘+Enter."), icon=":material/keyboard:")


page("write", "Your own layer", show, order=25, icon=":material/edit_note:")
