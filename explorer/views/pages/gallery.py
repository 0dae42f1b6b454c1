"""The landing page: every layer, grouped and searchable."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.views import page
from explorer.views.gallery_search import draw_shelf
from explorer.views.problems import open_layer
from explorer.views.search import words_of
from explorer.views.session import current, write_language
from explorer.views.work import closed_classes, known_cards
from layers.card import GROUPS, Card

TITLES = {
    "custom": "From the documents", "core": "Core", "convolution": "Convolution", "pooling": "Pooling",
    "recurrent": "Recurrent", "attention": "Attention", "embedding": "Embedding", "normalization": "Normalisation",
    "regularization": "Regularisation", "reshaping": "Reshaping", "merging": "Merging", "activation": "Activation",
    "preprocessing": "Preprocessing", "wrapper": "Wrappers", "other": "Others", "closed": "Cannot be opened",
}  # fmt: skip
"""A group's heading."""


def show() -> None:
    """Draw the gallery. Keras's other classes join as soon as a worker has told about them."""
    session = current()
    t = session.text
    st.title("Layer Explorer", anchor=False)
    st.markdown(
        t(
            "See inside a Keras layer: its weights, its output and every tensor in between, with real numbers. "
            "Pick a layer, change its input and its parameters, and watch what happens."
        )
    )
    write_language(session)
    slot = st.container()
    cards = known_cards(session)
    with slot:
        draw_shelf(_data(session, cards), lambda layer: _open(session, layer))
    if not closed_classes():
        known_cards(session, wait=True)
        st.rerun()


def _open(session: Any, layer: str) -> None:
    open_layer(session, layer)
    st.session_state["go"] = "explore"


def _data(session: Any, cards: dict[str, Card]) -> dict[str, Any]:
    t = session.text
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in (*GROUPS, "closed")}
    for card in cards.values():
        groups[card.group].append(
            {
                "id": card.id,
                "title": t(card.title),
                "summary": t(card.summary),
                "documents": list(card.documents),
                "words": words_of(card),
            }
        )
    for name, reason in closed_classes().items():
        groups["closed"].append(
            {"id": name, "title": name, "summary": t.message(reason), "documents": [], "closed": True}
        )
    return {
        "groups": [
            {"name": name, "title": t(TITLES[name]), "cards": sorted(found, key=lambda card: _rank(card))}
            for name, found in groups.items()
            if found
        ],
        "labels": {
            "search": t("Search layers"),
            "none": t("No layer matches."),
            "document": t("document {number}", number="{number}"),
        },
    }


def _rank(card: dict[str, Any]) -> tuple[bool, str, str]:
    return (not card["documents"], min(card["documents"], default=""), card["title"])


page("gallery", "Layers", show, order=0, icon=":material/apps:")
