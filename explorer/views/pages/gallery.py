"""The landing page: Attention running, six layers to start with, and every layer in one searchable list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from explorer.claims import SOURCES
from explorer.experiment import Experiment
from explorer.experiment.examples import opening
from explorer.experiment.link import to_query
from explorer.views import page
from explorer.views.gallery_pictures import HERO, TILES, hero_samples, missing, pictures_of, run_missing
from explorer.views.gallery_search import draw
from explorer.views.problems import open_layer
from explorer.views.search import names_of, words_of
from explorer.views.session import Session, current, write_language
from explorer.views.work import closed_classes, known_cards
from layers.card import GROUPS, Card

TITLES = {
    "custom": "From the documents", "core": "Core", "convolution": "Convolution", "pooling": "Pooling",
    "recurrent": "Recurrent", "attention": "Kinds of attention", "embedding": "Embeddings",
    "normalization": "Normalisation", "regularization": "Regularisation", "reshaping": "Reshaping",
    "merging": "Merging", "activation": "Activations", "preprocessing": "Preprocessing", "wrapper": "Wrappers",
    "other": "Others", "closed": "Cannot be opened",
}  # fmt: skip
"""A group's heading."""


def show() -> None:
    """Draw the gallery. Pictures and Keras's other classes join as soon as a worker has told about them."""
    session = current()
    write_language(session)
    draw("hero", _hero(session), lambda _: _open(session, HERO.experiment))
    draw("tiles", _tiles(session), lambda layer: _open_tile(session, layer))
    slot = st.container()
    cards = known_cards(session)
    with slot:
        draw("shelf", _shelf(session, cards), lambda layer: _open_card(session, layer))
    if missing() or not closed_classes():
        run_missing(session)
        known_cards(session, wait=True)
        st.rerun()


def _open(session: Session, experiment: Experiment) -> None:
    session.replace(experiment)
    session.problems.clear()
    st.session_state["go"] = "explore"


def _open_tile(session: Session, layer: str) -> None:
    _open(session, next(tile.experiment for tile in TILES if tile.layer == layer))


def _open_card(session: Session, layer: str) -> None:
    open_layer(session, layer)
    st.session_state["go"] = "explore"


def _hero(session: Session) -> dict[str, Any]:
    t = session.text
    samples, weight = hero_samples()
    return {
        "href": _link(HERO.experiment),
        "samples": samples,
        "weight": weight,
        "labels": {
            "product": t("Layer Explorer: see inside a Keras layer"),
            "title": t("Watch attention choose"),
            "says": t(
                "Each step of the sequence gets a share of the attention. Drag a bar of alpha: the other shares give "
                "way, and together they are always 1."
            ),
            "play": t("Play"),
            "pause": t("Pause"),
            "open": t("Open Attention"),
            "sample": t("Sample {number}", number="{number}"),
            "back": t("Put back"),
            "waiting": t("TensorFlow is starting …"),
            "slider": t("Score of step {step}", step="{step}"),
            "value": t("score {score}, alpha {alpha}", score="{score}", alpha="{alpha}"),
            "thick": t("as thick as alpha"),
            "picture": t("Attention, from its input to its output"),
        },
    }


def _tiles(session: Session) -> dict[str, Any]:
    t, cards = session.text, known_cards(session)
    return {
        "tiles": [
            {
                "id": tile.layer,
                "title": t(cards[tile.layer].title),
                "says": t(tile.says),
                "href": _link(tile.experiment),
                "pictures": pictures_of(tile),
            }
            for tile in TILES
        ]
    }


def _shelf(session: Session, cards: dict[str, Card]) -> dict[str, Any]:
    t = session.text
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in (*GROUPS, "closed")}
    for card in sorted(cards.values(), key=lambda card: (not card.documents, min(card.documents, default=""))):
        groups[card.group].append(
            {
                "id": card.id,
                "title": t(card.title),
                "summary": t(card.summary),
                "source": t(SOURCES[card.documents[0]].name) if card.documents else "",
                "href": _link(opening(card)),
                "names": names_of(card),
                "words": words_of(card),
            }
        )
    for name, reason in closed_classes().items():
        said = t.message(reason)
        own = {"id": name, "title": name, "summary": said, "source": "", "href": "", "closed": True}
        groups["closed"].append({**own, "names": name.lower(), "words": said.lower()})
    return {
        "groups": [{"name": name, "title": t(TITLES[name]), "cards": found} for name, found in groups.items() if found],
        "labels": {"search": t("Search layers"), "none": t("No layer matches."), "found": t("Found")},
    }


def _link(experiment: Experiment) -> str:
    return f"explore?{urlencode(to_query(experiment))}"


page("gallery", "Layers", show, order=0, icon=":material/apps:")
