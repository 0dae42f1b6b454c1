"""Links that ask for as much as they can get: near a limit, or far beyond it in one number."""

from __future__ import annotations

import json
from typing import Any


def link(layer: str, shape: tuple[int, ...] = (), *, kind: str = "normal", **params: Any) -> dict[str, str]:
    """The query of a link with one input of that shape."""
    query = {"layer": layer, "params": json.dumps(params)}
    return {**query, "inputs": json.dumps([{"kind": kind, "shape": shape}])} if shape else query


HEAVY = (
    link("linear", (4000, 1000), units=1000),
    link("linear", (2, 4000), units=3900),
    link("keras.layers.Dense", (2000, 2000), units=2000),
    link("keras.layers.LSTM", (8, 2000, 16), units=128, return_sequences=True),
    link("keras.layers.LSTM", (4, 16, 256), units=1024),
    link("keras.layers.GRU", (64, 400, 16), units=64, return_sequences=True),
    link("keras.layers.Conv2D", (4, 256, 256, 8), filters=32, kernel_size=3),
    link("keras.layers.Conv2D", (1, 512, 512, 3), filters=64, kernel_size=7),
    link("keras.layers.Conv2DTranspose", (1, 64, 64, 16), filters=64, kernel_size=5, strides=4),
    link("keras.layers.Embedding", (64, 512), kind="tokens", input_dim=50_000, output_dim=256),
    link("keras.layers.MultiHeadAttention", (1, 1500, 16), num_heads=8, key_dim=16),
    link("attention", (1, 2000, 16)),
    link("keras.layers.UpSampling2D", (1, 256, 256, 8), size=8),
    link("keras.layers.RepeatVector", (64, 1000), n=1000),
    link("keras.layers.ZeroPadding2D", (1, 10, 10, 3), padding=3000),
    link("keras.layers.Flatten", (4, 1000, 1000)),
    link("keras.layers.CategoryEncoding", (1000, 10), kind="tokens", num_tokens=50_000),
    link("keras.layers.Bidirectional", (8, 1000, 16)),
    link("linear", (2, 3), units=10**9),
    link("keras.layers.LSTM", (2, 3, 4), units=100_000),
    link("keras.layers.Embedding", (2, 3), kind="tokens", input_dim=10**7, output_dim=1000),
    link("keras.layers.Conv2D", (1, 32, 32, 3), filters=64, kernel_size=1000),
)
"""Queries of links, for pages and for the corpus."""
