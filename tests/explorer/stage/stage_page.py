"""The page of `stage_app.py`: `?set=linear` picks the tensors."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import streamlit as st

sys.path[:0] = [str(Path(__file__).parents[3]), str(Path(__file__).parent)]

from samples import SETS  # noqa: E402  (found by the line above)

from explorer.model.trace import Tensor  # noqa: E402
from explorer.stage import draw  # noqa: E402

st.set_page_config(layout="wide")
edits: dict[tuple[str, tuple[int, ...]], str] = st.session_state.setdefault("edits", {})
name = st.query_params.get("set", "hole")


def edited(tensor: Tensor) -> Tensor:
    value = tensor.value.copy()
    for (id_, index), text in edits.items():
        if id_ == tensor.id:
            value[index] = float(text)
    return Tensor(**{**vars(tensor), "value": value + np.asarray(st.session_state.get("added", 0), value.dtype)})


def set_cell(tensor: str, index: tuple[int, ...], value: str) -> None:
    edits[tensor, index] = value


if st.button("Add one"):
    st.session_state["added"] = st.session_state.get("added", 0) + 1
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
    },
    on_edit=set_cell,
)
