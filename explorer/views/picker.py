"""Choose the layer: one searchable list of everything that opens. Words that are no name find what they mean."""

from __future__ import annotations

from functools import partial

import streamlit as st

import layers
from explorer.i18n.translator import Translator
from explorer.views.problems import open_layer
from explorer.views.search import find
from explorer.views.session import Session
from explorer.views.work import known_cards


def draw_picker(session: Session) -> None:
    """Draw the list. A layer that the engine has not told about yet still shows its name."""
    t = session.text
    cards = known_cards(session)
    current = session.experiment.layer
    ids = list(cards) if current in cards else [current, *cards]

    def choose(chosen: str | None) -> None:
        found = chosen if chosen in ids else find(cards, chosen or "")
        if found is None:
            st.toast(t("No layer matches."))
            session.shown.pop("layer", None)
        else:
            open_layer(session, found)

    st.selectbox(
        t("Layer"),
        ids,
        key=session.show("layer", current),
        format_func=partial(layer_label, t),
        on_change=session.accept("layer", choose),
        accept_new_options=True,
        help=t(
            "Type to search all layers: those of the documents and every class of keras.layers. Other words find a "
            "layer, too, when you press Enter: “bn”, “convolve image”."
        ),
    )


def layer_label(t: Translator, name: str) -> str:
    """A layer's label: no two are alike, and none changes when the engine tells about more layers.

    Streamlit knows an option by its label, so with two layers called "Attention" the other one would be chosen.
    """
    catalogue = layers.catalogue()
    if name in catalogue:
        return t(catalogue[name].title)
    short = name.rsplit(".", 1)[-1]
    return name if short in {card.title for card in catalogue.values()} else short
