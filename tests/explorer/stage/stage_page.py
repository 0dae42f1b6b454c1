"""The page of `stage_app.py`: `?set=linear` picks the tensors, `?set=xray` draws an X-ray instead."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import streamlit as st

sys.path[:0] = [str(Path(__file__).parents[3]), str(Path(__file__).parent)]

from samples import SETS  # noqa: E402  (found by the line above)

from explorer.arithmetic import explain  # noqa: E402
from explorer.model.trace import Frame, Operand, Step, Tensor, Trace  # noqa: E402
from explorer.stage import draw, trail, xray  # noqa: E402
from explorer.stage.arithmetic import told  # noqa: E402

st.set_page_config(layout="wide")
edits: dict[tuple[str, tuple[int, ...]], str] = st.session_state.setdefault("edits", {})
name = st.query_params.get("set", "hole")


def edited(tensor: Tensor) -> Tensor:
    value = tensor.value.copy()
    for (id_, index), text in edits.items():
        if id_ == tensor.id:
            value[index] = float(text)
    return Tensor(**{**vars(tensor), "value": value + np.asarray(st.session_state.get("added", 0), value.dtype)})


def draw_xray() -> None:
    """A product whose touched cell has a trail: its row of x and its column of w."""
    x = Tensor("input:x", "x", "input", np.arange(6, dtype="float32").reshape(2, 3), "float32", ("batch", "features"))
    w = Tensor("weight:w", "w", "weight", np.eye(3, 2, dtype="float32") * 2, "float32", ("features", "units"))
    product = Tensor("step:0", "y", "intermediate", x.value @ w.value, "float32", ("batch", "units"))
    huge = Tensor("step:1", "z", "intermediate", np.zeros((3, 4), "float32"), "float32")
    operands = (Operand("", (x.id,)), Operand("", (w.id,)))
    source = "def call(self, x):\n    y = x @ self.w\n    z = later(y)\n    return z\n"
    steps = (
        Step(2, 8, 2, 18, "x @ self.w", "y", (product,), "@", operands),
        Step(3, 8, 3, 16, "later(y)", "z", (huge,), "later", (Operand("", (product.id,)), Operand("", ("step:9",)))),
    )
    trace = Trace("Product", inputs=(x,), weights=(w,), frames=(Frame("Product.call", source, 10, steps),))
    if st.query_params.get("source") == "none":
        trace = Trace("Product", inputs=(x,), weights=(w,), outputs=(product,))

    def touch(touched: trail.Touch) -> None:
        st.session_state["touched"] = touched if touched.tensor else None

    touched = st.session_state.get("touched")
    answer = None
    if touched:
        cells = {}
        if touched.tensor == "step:0":
            row, column = touched.index
            of_x, of_w = np.zeros_like(x.value), np.zeros_like(w.value)
            of_x[row], of_w[:, column] = w.value[:, column], x.value[row]
            cells = {x.id: of_x, w.id: of_w}
        names = {tensor.id: tensor.name for tensor in (x, w, product)}
        sum_ = told([explain(trace, touched.tensor, touched.index)], names, str)
        answer = trail.Answer(touched.tensor, touched.index, "made", ("made", "moves"), cells, sum_, ["A true note."])
    trail.draw(answer, key="trail", on_touch=touch)
    xray.draw(trace, key="xray", notes=["A note."])


def set_cell(tensor: str, index: tuple[int, ...], value: str) -> None:
    edits[tensor, index] = value


def look_at(touched: trail.Touch) -> None:
    st.session_state["looked"] = f"{touched.tensor} {touched.index}"


if name == "xray":
    draw_xray()
    st.stop()
if st.button("Add one"):
    st.session_state["added"] = st.session_state.get("added", 0) + 1
st.text(f"looked at {st.session_state.get('looked', 'nothing')}")
tensors = [tensor if tensor.value.dtype.kind in "OUb" else edited(tensor) for tensor in SETS[name]()]
marks: dict[str, list[list[int]]] = {}
for id_, index in edits:
    marks.setdefault(id_, []).append(list(index))
draw(
    tensors,
    key="stage",
    options={
        "scale": st.query_params.get("scale", "own"),
        "editable": [tensor.id for tensor in tensors if tensor.role in ("input", "weight")],
        "edited": marks,
        "masked": {"input:x": [[1, 3], [1, 4]]} if name == "attention" else {},
        "stale": st.query_params.get("stale") == "1",
        "traced": True,
    },
    on_edit=set_cell,
)
trail.draw(None, key="trail", on_touch=look_at)
