"""The input tensors: shape, recipe, options, typed values and uploads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from explorer.experiment.fitting import without_defaults
from explorer.experiment.model_file import WHOLE, ModelFile
from explorer.experiment.recipes import KINDS, REACHING, Recipe, default_recipe, parse_shape
from explorer.experiment.typed import as_typed, format_values, parse_values
from explorer.experiment.uploads import TYPES
from explorer.model.problem import Problem
from explorer.stage.words import axis_name
from explorer.views.controls.fields import draw_control, draw_refusal
from explorer.views.foreign_text import escape, marked
from explorer.views.problems import show_problem
from explorer.views.session import Session
from explorer.views.work import upload_of
from layers.card import Card, Input, axis_names

MAX_TYPED = 400
"""Uploads of at most this many cells become typed values, so that a link can hold them."""


def draw_inputs(session: Session, card: Card) -> None:
    """Draw the controls of every input."""
    for position, spec in enumerate(card.inputs):
        recipe = recipe_of(session, card, position)
        with st.container(border=len(card.inputs) > 1, key=f"input_{position}"):
            if len(card.inputs) > 1:
                st.markdown(f"**{escape(spec.name)}**")
            _draw_shape(session, card, position, spec, recipe)
            _draw_kind(session, card, position, recipe)
            _draw_options(session, card, position, recipe)


def recipe_of(session: Session, card: Card, position: int) -> Recipe:
    """The recipe of an input: the experiment's, else the card's default."""
    if position < len(session.experiment.inputs):
        return session.experiment.inputs[position]
    return default_recipe(card.inputs[position])


def set_recipe(session: Session, card: Card, position: int, recipe: Recipe) -> None:
    """Take one input's recipe into the experiment."""
    recipes = [recipe if i == position else recipe_of(session, card, i) for i in range(len(card.inputs))]
    model = session.experiment.model
    if card.id == WHOLE and model is not None:  # what reaches the layers in it follows, and the card with it
        session.change(inputs=(), model=ModelFile(model.sha256, model.name, tuple(recipes)))
        return
    session.replace(without_defaults(session.experiment.change(inputs=tuple(recipes)), card))


def _draw_shape(session: Session, card: Card, position: int, spec: Input, recipe: Recipe) -> None:
    t = session.text
    key = f"shape_{card.id}_{position}"

    def take(typed: str) -> None:
        shape = parse_shape(typed, f"inputs.{position}")
        if recipe.kind == REACHING:
            raise Problem("What reaches a layer has its own shape.", expected=str(recipe.shape), received=typed)
        if recipe.kind == "file":
            raise Problem("An uploaded file has its own shape.", expected=str(recipe.shape), received=typed)
        set_recipe(session, card, position, Recipe(recipe.kind, shape, recipe.options))

    axes = ", ".join(axis_name(t, name) for name in axis_names(spec.axes, len(recipe.shape)))
    shown = ", ".join(map(str, recipe.shape))
    st.text_input(
        t("Shape ({axes})", axes=escape(axes)) if axes else t("Shape"),
        key=session.show(key, shown),
        on_change=session.accept(key, take),
        help=t("Sizes of the axes, with commas. The batch axis counts too."),
    )
    if key in session.problems:
        show_problem(session, session.problems[key], key, quiet=True)


def _draw_kind(session: Session, card: Card, position: int, recipe: Recipe) -> None:
    t = session.text
    key = f"kind_{card.id}_{position}"

    def take(kind: str) -> None:
        if kind == "file":
            st.session_state.setdefault("uploading", set()).add(position)
            return
        st.session_state.get("uploading", set()).discard(position)
        options: Mapping[str, Any] = {"values": typed_values(session, recipe)} if kind == "typed" else {}
        shape = card.inputs[position].shape if kind == REACHING else recipe.shape
        set_recipe(session, card, position, Recipe(kind, shape, options))

    uploading = position in st.session_state.get("uploading", set())
    st.selectbox(
        t("Values"),
        [kind for kind in KINDS if kind != REACHING or card.inputs[position].recipe == REACHING],
        key=session.show(key, "file" if uploading else recipe.kind),
        format_func=lambda kind: t(KINDS[kind].title),
        on_change=session.accept(key, take),
    )
    if uploading or recipe.kind == "file":
        _draw_upload(session, card, position)


def _draw_options(session: Session, card: Card, position: int, recipe: Recipe) -> None:
    if recipe.kind == "file":
        st.caption(escape(str(recipe.options.get("name", ""))))
        return
    fields = list(KINDS[recipe.kind].fields) if recipe.kind != "typed" else []
    if recipe.kind == REACHING and not _is_called_again(session):
        fields = []
    columns = st.columns(len(fields)) if fields else []
    keys = [f"o_{card.id}_{position}_{recipe.kind}_{spec.name}" for spec in fields]
    for column, spec, key in zip(columns, fields, keys, strict=True):
        with column:
            draw_control(
                session,
                spec,
                key,
                recipe.options.get(spec.name, spec.default),
                partial(_set_option, session, card, position, recipe, spec.name),
                f"inputs.{position}",
            )
    for key in keys:
        draw_refusal(session, key)
    if recipe.kind == "typed":
        _draw_typed(session, card, position, recipe)


def _is_called_again(session: Session) -> bool:
    """Whether the model calls the layer more than once."""
    layers = session.model.layers if session.model is not None else ()
    return any(one.id == session.experiment.layer and one.calls > 1 for one in layers)


def _set_option(session: Session, card: Card, position: int, recipe: Recipe, name: str, value: Any) -> None:
    set_recipe(session, card, position, Recipe(recipe.kind, recipe.shape, {**recipe.options, name: value}))


def _draw_typed(session: Session, card: Card, position: int, recipe: Recipe) -> None:
    t = session.text
    key = f"typed_{card.id}_{position}"

    def take(text: str) -> None:
        values = parse_values(text, f"inputs.{position}", card.inputs[position].dtype == "string")
        set_recipe(session, card, position, Recipe("typed", recipe.shape, {"values": values}))

    values = recipe.options.get("values", [0])
    st.text_area(
        t("Values in reading order"),
        key=session.show(key, format_values(values, recipe.shape)),
        height=120,
        on_change=session.accept(key, take),
        help=t("Numbers with spaces or commas; nan, inf and -inf are allowed."),
    )
    if recipe.options.get("name"):
        name = escape(str(recipe.options["name"]))
        st.caption(t("From the file {name}: so few values travel in the link.", name=name))
    needed, given = math.prod(recipe.shape), len(np.array(values, dtype=object).ravel())
    if key in session.problems:
        show_problem(session, session.problems[key], key, quiet=True)
    elif given != needed:
        st.caption(
            t("{given} values for {needed} cells: the last one is repeated.", given=f"{given:,}", needed=f"{needed:,}")
            if given < needed
            else t("{given} values for {needed} cells: the rest is left out.", given=f"{given:,}", needed=f"{needed:,}")
        )


def _draw_upload(session: Session, card: Card, position: int) -> None:
    t = session.text
    key = f"upload_{card.id}_{position}"
    st.file_uploader(
        t("A file with the values"),
        TYPES,
        key=key,
        help=t("A .npy, .npz or .csv file, or an image."),
        on_change=partial(_take_upload, session, card, position, key),
    )
    if key in session.problems:
        show_problem(session, session.problems[key], key)


def _take_upload(session: Session, card: Card, position: int, key: str) -> None:
    """Take a file into the experiment; this runs before the page, so that the picture shows it at once."""
    file = st.session_state[key]
    session.problems.pop(key, None)
    if file is None:
        return
    try:
        array, sha256, notes = upload_of(session, file.name, file.getvalue())
        set_recipe(session, card, position, uploaded_recipe(session, file.name, array, sha256))
    except Problem as problem:
        session.problems[key] = problem
        return
    for note in notes:
        st.toast(marked(session.text.message(note)))
    st.session_state.get("uploading", set()).discard(position)


def uploaded_recipe(session: Session, name: str, array: np.ndarray, sha256: str) -> Recipe:
    """The recipe for an uploaded array: its values if they are few, else its hash, with the array kept here."""
    if array.size <= MAX_TYPED and array.dtype.kind in "biuf":
        return Recipe(
            "typed", array.shape, {"values": [as_typed(v) for v in array.ravel().tolist()], "name": name[:80]}
        )
    session.attach({sha256: array})
    return Recipe("file", array.shape, {"sha256": sha256, "name": name})


def typed_values(session: Session, recipe: Recipe) -> list[Any]:
    """What the input holds now, as values to type over; the first cells of a large one."""
    trace = session.last_good
    for tensor in trace.inputs if trace is not None else ():
        if tensor.value.shape == recipe.shape and tensor.value.size <= MAX_TYPED:
            return [as_typed(value) for value in tensor.value.ravel().tolist()]
    return [0]
