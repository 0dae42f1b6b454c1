"""The app that a person writes first: TensorFlow inside Streamlit, heatmaps by `px.imshow`.

The query parameters `rows` and `columns` are the shape of the input.
"""

from __future__ import annotations

import keras
import numpy as np
import plotly.express as px
import streamlit as st

rows, columns = int(st.query_params.get("rows", 2)), int(st.query_params.get("columns", 2))
units = st.number_input("units", 1, 1024, 4, key="units")
seed = st.number_input("seed", 0, None, 0, key="seed")

keras.utils.set_random_seed(seed)
inputs = np.random.normal(size=(rows, columns)).astype("float32")
layer = keras.layers.Dense(units)
output = keras.ops.convert_to_numpy(layer(inputs))

for name, values in (("input", inputs), ("kernel", layer.get_weights()[0]), ("output", output)):
    st.plotly_chart(px.imshow(values, title=f"{name} {units} {seed}"), key=name)
