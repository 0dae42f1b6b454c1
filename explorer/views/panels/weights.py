"""The weights: shape, dtype, initializer, trainable or not, parameters and bytes, and how they are distributed."""

from __future__ import annotations

import streamlit as st

from explorer.model.trace import Tensor
from explorer.views import panel
from explorer.views.foreign_text import escape, table
from explorer.views.panels import Scene

_PLAIN = {"displayModeBar": False, "showSendToCloud": False}


def show(scene: Scene) -> None:
    """Draw the table of the weights and a histogram of one of them."""
    t = scene.t
    weights = scene.trace.weights if scene.trace else ()
    table(_table(scene, weights))
    count, size = sum(w.value.size for w in weights), sum(w.value.nbytes for w in weights)
    trainable = sum(w.value.size for w in weights if w.trainable)
    st.markdown(
        t(
            "{count} parameters, {trainable} of them trainable, {size} bytes.",
            count=f"{count:,}",
            trainable=f"{trainable:,}",
            size=f"{size:,}",
        )
    )
    st.caption(t("Click a cell of a weight in the picture to change it; the output follows and the link keeps it."))
    by_id = {weight.id: weight for weight in weights}
    names = {weight.id: weight.name for weight in weights}  # Streamlit keeps what `format_func` refers to
    key = f"histogram_{scene.card.id}"
    st.segmented_control(
        t("Weight"),
        list(by_id),
        key=scene.session.show(key, next(iter(by_id))),
        required=True,
        format_func=lambda name: escape(names[name]),
        label_visibility="collapsed",
    )
    weight = by_id.get(st.session_state[key], weights[0])
    from explorer.figures.distribution import histogram  # Plotly is needed only here

    st.plotly_chart(histogram(weight.value, {"value": t("value"), "cells": t("cells")}), key="histogram", config=_PLAIN)


def _table(scene: Scene, weights: tuple[Tensor, ...]) -> dict[str, list[str]]:
    t = scene.t
    return {
        t("name"): [w.name for w in weights],
        t("shape"): [str(tuple(w.value.shape)) for w in weights],
        t("dtype"): [w.dtype for w in weights],
        t("initializer"): [w.initializer or "–" for w in weights],
        t("trainable"): [t("yes") if w.trainable else t("no") for w in weights],
        t("parameters"): [f"{w.value.size:,}" for w in weights],
        t("bytes"): [f"{w.value.nbytes:,}" for w in weights],
    }


panel("weights", "Weights", show, group="closer", order=9, fits=lambda scene: bool(scene.trace and scene.trace.weights))
