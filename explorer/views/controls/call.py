"""How the layer is called: seed, training flag, trainable, mask, dtype."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

import streamlit as st

from explorer.experiment.model_file import is_of_model
from explorer.experiment.recipes import FLOAT_DTYPES
from explorer.views.controls.inputs import recipe_of
from explorer.views.problems import show_problem
from explorer.views.session import Session
from layers.card import Card

MASKS = {"none": "No mask", "last": "Mask the last steps", "first": "Mask the first steps", "typed": "Typed mask"}


def draw_call(session: Session, card: Card) -> None:
    """Draw the controls of the call."""
    t = session.text
    with st.container(horizontal=True, vertical_alignment="bottom", key="seed_row", gap="small"):
        st.number_input(
            t("Seed"),
            key=session.show("seed", session.experiment.seed),
            step=1,
            on_change=session.accept("seed", lambda value: session.change(seed=int(value))),
            help=t("Weights, random inputs and dropout follow from it. The same seed gives the same numbers."),
        )
        st.button(
            t("Another seed"),
            key="new_seed",
            width="content",
            on_click=lambda: session.change(seed=secrets.randbelow(100_000)),
        )
    if "seed" in session.problems:
        show_problem(session, session.problems["seed"], "seed", quiet=True)
    for name, help_text in (
        ("training", t("Passed to call(): dropout and batch statistics act only when training.")),
        ("trainable", t("Whether an optimizer may move the weights.")),
    ):
        st.toggle(
            name,
            key=session.show(name, getattr(session.experiment, name)),
            help=help_text,
            on_change=session.accept(name, partial(_set_flag, session, name)),
        )
    if not is_of_model(card.id):  # a file says it of each layer in it
        _draw_dtype(session)
    if card.inputs and len(recipe_of(session, card, 0).shape) >= 2:
        _draw_mask(session, card)


def _draw_dtype(session: Session) -> None:
    t = session.text
    st.selectbox(
        t("dtype"),
        FLOAT_DTYPES,
        key=session.show("dtype", session.experiment.dtype),
        on_change=session.accept("dtype", lambda value: session.change(dtype=value)),
        help=t("The layer's dtype, and that of its float inputs."),
    )


def _set_flag(session: Session, name: str, value: bool) -> None:
    session.change(**{name: bool(value)})


def _draw_mask(session: Session, card: Card) -> None:
    t = session.text
    mask = session.experiment.mask
    steps = recipe_of(session, card, 0).shape[1]

    def choose(kind: str) -> None:
        new: dict[str, Any] = {"kind": kind, "values": [1] * max(1, steps - 1) + [0]} if kind == "typed" else {}
        session.change(mask=None if kind == "none" else new or {"kind": kind, "count": 1})

    st.selectbox(
        t("Mask"),
        list(MASKS),
        key=session.show("mask_kind", mask["kind"] if mask else "none"),
        format_func=lambda kind: t(MASKS[kind]),
        on_change=session.accept("mask_kind", choose),
        help=t("Masked steps do not count for a layer that honours masks. The mask has the shape (batch, time)."),
    )
    if mask and mask["kind"] == "typed":
        st.text_input(
            t("Mask values (1 counts, 0 is masked)"),
            on_change=session.accept("mask_values", _typed_mask(session)),
            key=session.show("mask_values", " ".join(str(int(v)) for v in mask["values"])),
        )
    elif mask:
        st.number_input(
            t("Masked steps"),
            key=session.show("mask_count", mask.get("count", 1)),
            step=1,
            on_change=session.accept("mask_count", lambda n: session.change(mask={**mask, "count": int(n)})),
        )
    for key in ("mask_kind", "mask_values", "mask_count"):
        if key in session.problems:
            show_problem(session, session.problems[key], key, quiet=True)


def _typed_mask(session: Session) -> Any:
    def take(text: str) -> None:
        words = text.replace(",", " ").split()
        session.change(mask={"kind": "typed", "values": [int(w) if w in ("0", "1") else w for w in words]})

    return take
