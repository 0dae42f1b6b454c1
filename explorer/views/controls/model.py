"""A model file: where one is opened, its layers as a chain of small pictures, and what the shown one was made with."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from explorer.engine.pool.client import own_code_refusal
from explorer.experiment.link import to_query
from explorer.experiment.model_file import IN_MODEL, WHOLE
from explorer.i18n.translator import Translator
from explorer.model.answers import ModelLayer
from explorer.model.problem import Problem
from explorer.views.foreign_text import escape, marked, table
from explorer.views.gallery_search import draw
from explorer.views.own_model import KEY, close, enter, take
from explorer.views.problems import show_problem
from explorer.views.session import Session
from explorer.views.work import open_model

MANY = 9
"""A chain of more layers has a window of its own to scroll in."""
WINDOW = 470
"""The window's height, in pixels."""
LONG = 60
"""A model of more layers is entered at a layer, and not drawn as one flow."""


def draw_model_file(session: Session) -> None:
    """Draw the place where a model file is opened."""
    if own_code_refusal() is not None:
        return
    t = session.text
    st.file_uploader(
        t("Open a .keras file"),
        ["keras"],
        key=KEY,
        on_change=partial(_take, session),
        help=t("A model as Keras saves it. No code in it is run. Its layers open with the weights that they learned."),
    )
    if KEY in session.problems:
        show_problem(session, session.problems[KEY], KEY)


def _take(session: Session) -> None:
    """Take a file into the experiment; this runs before the page, so that the picture shows it at once."""
    file = st.session_state[KEY]
    if file is not None:
        take(session, file.name, file.getvalue())


def draw_model_chain(session: Session) -> bool:
    """Draw the whole model and its layers, each with what it gives, to enter anywhere; nothing if no file is open.

    Returns:
        Whether the shown layer is drawn as a flow: the whole of a long model is not.
    """
    t, file = session.text, session.experiment.model
    if file is None:
        return True
    with st.container(horizontal=True, vertical_alignment="center", key="model_heading", gap="small"):
        st.subheader(escape(file.name or t("Model")), anchor=False, width="content")
        st.caption(
            t("Choose a layer: it opens with its learned weights, and with what reaches it here."), width="stretch"
        )
        if session.experiment.layer != WHOLE:
            st.button(
                t("Whole model"),
                key="whole_model",
                icon=":material/arrow_upward:",
                type="tertiary",
                on_click=partial(enter, session, WHOLE),
            )
        st.button(
            t("Close the file"),
            key="close_model",
            icon=":material/close:",
            type="tertiary",
            on_click=partial(close, session),
        )
    try:
        model = open_model(session, session.experiment)
    except Problem:  # the page tells it where the layer would stand
        return True
    with st.container(key="model_chain", height=WINDOW if len(model.layers) > MANY else "content"):
        tiles = [_tile(session, one) for one in model.layers]
        draw("tiles", {"tiles": tiles}, partial(_enter, session))
    for note in model.notes:
        st.caption(marked(t.message(note)))
    return session.experiment.layer != WHOLE or len(model.layers) <= LONG


def _enter(session: Session, layer: str) -> None:
    """Enter what the browser names, if it is one of the model's layers that can be opened."""
    model = session.model
    if model is not None and any(one.id == layer and one.card is not None for one in model.layers):
        enter(session, layer)


def _tile(session: Session, layer: ModelLayer) -> dict[str, Any]:
    t, file, shown = session.text, session.experiment.model, session.experiment
    whole = layer.id == WHOLE
    said = _said(t, layer) if layer.closed is None else t.message(layer.closed)
    pictures = [_picture(one) for one in (layer.given, layer.picture) if one is not None]
    link = to_query(shown.change(layer=layer.id, params={}, inputs=(), edits=(), mask=None))
    return {
        "id": layer.id,
        "title": (file.name if file and file.name else t("Whole model")) if whole else layer.id.removeprefix(IN_MODEL),
        "says": said,
        "href": f"write?{urlencode(link)}" if layer.card is not None else "",
        "pictures": pictures,
        "current": layer.id == shown.layer,
    }


def _said(t: Translator, layer: ModelLayer) -> str:
    """The class, what it gives, and how much it has learned."""
    shapes = ", ".join(str(shape) for shape in layer.shapes)
    parts = [layer.kind, shapes, t("{count} parameters", count=f"{layer.parameters:,}") if layer.parameters else ""]
    parts.append(t("called {count} times", count=f"{layer.calls:d}") if layer.calls > 1 else "")
    return " · ".join(part for part in parts if part)


def _picture(cells: np.ndarray) -> dict[str, Any]:
    rows, columns = cells.shape
    return {"rows": rows, "columns": columns, "scale": "signed", "cells": [float(f"{v:.4g}") for v in cells.ravel()]}


def draw_model_facts(session: Session) -> None:
    """Draw what the shown layer was made with: facts of the file, and no controls."""
    t, model = session.text, session.model
    layer = next((one for one in model.layers if one.id == session.experiment.layer), None) if model else None
    if layer is None or not layer.facts:
        return
    with st.expander(t("Made with ({count})", count=f"{len(layer.facts):d}")):
        st.caption(t("These arguments stand in the file, and the weights belong to them."))
        table({t("Argument"): [name for name, _ in layer.facts], t("Value"): [value for _, value in layer.facts]})
