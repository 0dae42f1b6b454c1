"""What the layer is: its story, what its tensors mean, and what its parameters do."""

from __future__ import annotations

import streamlit as st

from explorer.experiment.experiment import OWN
from explorer.views import panel
from explorer.views.foreign_text import code, marked
from explorer.views.panels import Scene
from layers.card import Field


def show(scene: Scene) -> None:
    """Draw the story, or else the line that says what the layer does; then the meanings."""
    t, card = scene.t, scene.card
    if card.id.startswith(OWN):  # the words of whoever wrote the code
        st.markdown("\n\n".join(marked(part) for part in (card.story or card.summary).split("\n\n")))
    else:
        st.markdown(t(card.story) if card.story else marked(t(card.summary)))
    if scene.experiment.then:
        st.caption(t("This is about the chain's first layer."))
    notes = [(note.name, note.help) for note in card.tensors if note.help]
    if notes:
        st.markdown(f"**{t('Tensors')}**")
        st.markdown("\n".join(f"- `{code(name)}` — {marked(t(text))}" for name, text in notes))
    told = [field for field in card.fields if field.help]
    if told:
        st.markdown(f"**{t('Parameters')}**")
        st.markdown("\n".join(_line(scene, field) for field in told))


def _line(scene: Scene, field: Field) -> str:
    default = "" if field.default is None else f" :gray[`{code(field.name)}={code(repr(field.default))}`]"
    return f"- `{code(field.name)}` — {marked(scene.t(field.help))}{default}"


panel("about", "About", show, group="understand", order=10)
