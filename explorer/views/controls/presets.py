"""Examples to open with one click, those of the documents marked."""

from __future__ import annotations

import streamlit as st

from explorer.experiment import Edit, Experiment, Following
from explorer.inputs import Recipe
from explorer.views.fitting import without_defaults
from explorer.views.problems import escape
from explorer.views.session import Session
from layers.card import Card, Example


def draw_presets(session: Session, card: Card) -> None:
    """Draw the card's examples; the one that is on the screen is marked and tells what to look at."""
    t = session.text
    if not card.examples:
        return
    experiments = [preset(card, example) for example in card.examples]
    shown = next((i for i, experiment in enumerate(experiments) if experiment == session.experiment), None)
    key = f"preset_{card.id}"

    def label(number: int) -> str:
        example = card.examples[number]
        return (f":material/description: {example.document} · " if example.document else "") + escape(t(example.title))

    def choose() -> None:
        number = st.session_state[key]
        if number is None:
            session.shown.pop(key, None)  # a click on the marked example takes its mark away: show it again
            return
        session.replace(experiments[number])
        session.problems.clear()

    st.pills(
        t("Examples"), range(len(experiments)), format_func=label, key=session.show(key, shown), on_change=choose,
        label_visibility="collapsed",
    )  # fmt: skip
    if shown is not None and card.examples[shown].shows:
        st.caption(t(card.examples[shown].shows))


def preset(card: Card, example: Example) -> Experiment:
    """The experiment that an example stands for."""
    recipes = []
    for position, spec in enumerate(card.inputs):
        change = example.inputs[position] if position < len(example.inputs) else {}
        kind = change.get("recipe", spec.recipe)
        options = change.get("options", spec.options if kind == spec.recipe else {})
        recipes.append(Recipe.from_json({"kind": kind, "shape": list(change.get("shape", spec.shape)), **options}))
    experiment = Experiment(
        layer=card.id, params=dict(example.params), inputs=tuple(recipes), seed=example.seed, training=example.training,
        dtype=example.dtype, mask=example.mask,
        edits=tuple(Edit(tensor, tuple(index), float(value)) for tensor, index, value in example.edits),
        then=tuple(Following(layer, dict(params)) for layer, params in example.then),
    )  # fmt: skip
    return without_defaults(experiment, card)
