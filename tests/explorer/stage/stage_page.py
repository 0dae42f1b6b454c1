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
name = st.query_params.get("set", "hole")


def changed(tensor: Tensor) -> Tensor:
    added = np.asarray(st.session_state.get("added", 0), tensor.value.dtype)
    return Tensor(**{**vars(tensor), "value": tensor.value + added})


if st.button("Add one"):
    st.session_state["added"] = st.session_state.get("added", 0) + 1
tensors = [tensor if tensor.value.dtype.kind in "OUb" else changed(tensor) for tensor in SETS[name]()]
draw(
    tensors,
    key="stage",
    options={
        "scale": st.query_params.get("scale", "own"),
        "masked": {"input:x": [[1, 3], [1, 4]]} if name == "attention" else {},
    },
)
