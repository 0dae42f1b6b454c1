"""A tensor as TensorFlow prints it, its statistics, and what the layer adds to the loss."""

from __future__ import annotations

import streamlit as st

from explorer.analysis.tensor_text import printed
from explorer.model.trace import Tensor
from explorer.stage.flow_options import visible
from explorer.stage.statistics import statistics
from explorer.views import panel
from explorer.views.foreign_text import escape, table
from explorer.views.panels import Scene

STATISTICS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "mean": "mean",
    "rms": "rms",
    "zeros": "zeros",
    "nan": "NaN",
    "positive_infinite": "+inf",
    "negative_infinite": "-inf",
}
"""The figures of a tensor, by their words."""


def show(scene: Scene) -> None:
    """Draw the numbers of one tensor, and the losses."""
    t, session = scene.t, scene.session
    if scene.trace is None or not visible(scene.trace):
        st.caption(t("There are no numbers to show."))
        return
    tensors = {tensor.id: tensor for tensor in visible(scene.trace)}
    names = {tensor.id: tensor.name for tensor in tensors.values()}  # Streamlit keeps what `format_func` refers to
    key = "numbers_tensor"
    chosen = session.look.tensor if session.look.tensor in tensors else scene.trace.outputs[0].id
    st.segmented_control(
        t("Tensor"),
        list(names),
        format_func=lambda name: escape(names[name]),
        key=session.show(key, chosen),
        on_change=session.accept(key, lambda tensor: session.see(tensor=tensor or "")),
        label_visibility="collapsed",
    )
    tensor = tensors[chosen]
    with st.container(key="tensor_text"):
        st.text(printed(tensor.value, tensor.dtype), width="stretch")  # st.code fetches a highlighter of 1.5 MB
    table(_facts(scene, tensor))
    if scene.trace.losses:
        st.markdown(f"**{t('What the layer adds to the loss')}**")
        rows = [(name, f"{value:.6g}") for name, value in scene.trace.losses]
        table({t("from"): [r[0] for r in rows], t("loss"): [r[1] for r in rows]})


def _facts(scene: Scene, tensor: Tensor) -> dict[str, list[str]]:
    t = scene.t
    figures = vars(statistics(tensor.value))
    facts = {
        t("shape"): str(tuple(tensor.value.shape)),
        t("dtype"): tensor.dtype,
        t("cells"): f"{tensor.value.size:,}",
        t("bytes"): f"{tensor.value.nbytes:,}",
    } | {t(words): _number(figures[name]) for name, words in STATISTICS.items()}
    return {name: [value] for name, value in facts.items()}


def _number(value: float | int | None) -> str:
    return "–" if value is None else f"{value:.7g}" if isinstance(value, float) else f"{value:,}"


panel("numbers", "Numbers", show, group="closer", order=5, fits=lambda scene: scene.trace is not None)
