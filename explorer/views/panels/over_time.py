"""What the layer computes turn after turn: gates, states and other named values over time, and its kernels by gate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from explorer.analysis.gates import Cut, cuts
from explorer.analysis.loops import repeats
from explorer.analysis.time_steps import Stacked, Turns, turns
from explorer.model.trace import Tensor, Trace
from explorer.views import panel
from explorer.views.foreign_text import code
from explorer.views.panels import Scene
from explorer.views.tensors import draw_tensors

KINDS = {"gate": "Gates", "state": "States", "value": "Other named values"}
"""Headings of the values of a loop."""
_FITS = "over_time_fits"


def show(scene: Scene) -> None:
    """Draw each loop of the call, then the weights that it cuts into parts."""
    if scene.trace is None:
        return
    t = scene.t
    loops, kernels = turns(scene.trace), cuts(scene.trace)
    for number, loop in enumerate(loops):
        places = " · ".join(f"`{code(name)}`" for name in dict.fromkeys(value.function for value in loop.values))
        st.markdown(f"**{places}**" + (f" ({number + 1:d} / {len(loops):d})" if len(loops) > 1 else ""))
        st.caption(" ".join(_told(scene, loop)))
        for kind, title in KINDS.items():
            values = [value for value in loop.values if value.kind == kind]
            if not values:
                continue
            key = f"over_time_{number}_{kind}"
            more = t("Other named values ({count})", count=len(values))
            if kind == "value" and len(values) < len(loop.values) and not st.toggle(more, key=f"{key}_shown"):
                continue
            st.markdown(_expressions(values))
            _draw(scene, [value.tensor for value in values], t(title), key, scene.trace, loop)
    if kernels:
        st.markdown(f"**{t('Weights by gate')}**")
        st.caption(
            t(
                "The call computes several gates at once and cuts the result, or cuts the weights first; the same cuts "
                "are made here. Each part is named after the first activation that it leads to; “~” marks a result "
                "without a name of its own, which enters that name."
            )
        )
        for cut in kernels:
            _draw_parts(scene, cut)


def _told(scene: Scene, loop: Turns) -> list[str]:
    t = scene.t
    told = [t("This ran {count} times; each named value is stacked over the turns.", count=f"{loop.count:,}")]
    if loop.rehearsed:
        told.append(
            t(
                "One more call came before: Keras calls a cell once to learn what it returns. Nothing is taken from "
                "that call, and it is left out here."
            )
        )
    if loop.backwards:
        told.append(t("The sequence was read from its end; the pictures are in the sequence's own order."))
    if _mask(scene.trace, loop) is not None:
        told.append(
            t(
                "At masked steps the cell computes all the same, but its result is dropped and the old state stays: "
                "those steps are hatched."
            )
        )
    return told


def _expressions(values: Sequence[Stacked]) -> str:
    """What each value is, as the source writes it."""
    told = [(value.tensor.name, " ".join(value.text.split())) for value in values if value.text != value.tensor.name]
    return " · ".join(f"`{code(name)} = {code(text)}`" for name, text in told)


def _draw(scene: Scene, tensors: Sequence[Tensor], title: str, key: str, trace: Trace, loop: Turns) -> None:
    mask = _mask(trace, loop)
    masked = (
        {}
        if mask is None
        else {tensor.id: np.argwhere(~mask).tolist() for tensor in tensors if tensor.value.shape[:2] == mask.shape}
    )
    draw_tensors(scene.t, tensors, key=key, words={"column.intermediate": title}, options={"masked": masked})


def _mask(trace: Trace | None, loop: Turns) -> np.ndarray | None:
    """The mask that entered, if the loop runs over the steps that it masks and masks any."""
    for tensor in trace.mask if trace else ():
        mask = tensor.value.astype(bool)
        if tensor.id.startswith("mask:in") and loop.axis == "time" and mask.ndim == 2 and mask.shape[1] == loop.count:
            return None if mask.all() else mask
    return None


def _draw_parts(scene: Scene, cut: Cut) -> None:
    st.markdown(f"`{code(cut.weight.name)}`")
    draw_tensors(scene.t, cut.parts, key=f"over_time_{cut.weight.id}", options={"scale": "shared"})


def _fits(scene: Scene) -> bool:
    """Whether something runs over time, or has gates or states. The answer is kept: every run of the page asks."""
    trace = None if scene.card.symbolic else scene.trace
    if trace is None or not repeats(trace):
        return False
    key, fits = st.session_state.get(_FITS, ("", False))
    if key != scene.experiment.key:
        fits = any(loop.axis == "time" or any(value.kind != "value" for value in loop.values) for loop in turns(trace))
        st.session_state[_FITS] = (scene.experiment.key, fits)
    return bool(fits)


panel("over_time", "Over time", show, group="closer", order=7, fits=_fits)
