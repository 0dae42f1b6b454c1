"""Embedding: a table of vectors, looked up by integer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layers.card import Card, Example, Field, Input, Tensor
from layers.choices import CONSTRAINTS, MATRIX_REGULARIZERS
from layers.fields import ACTIVITY_REGULARIZER, LORA_ALPHA, QUANTIZATION_CONFIG

CARD = Card(
    id="keras.layers.Embedding",
    title="Embedding",
    layer="keras.layers:Embedding",
    group="embedding",
    summary="Replaces every integer by a row of a trainable table.",
    story=(
        "The layer keeps a table with a row for each word of the vocabulary. A token id is a row number, and the "
        "output is that row: an axis of size `output_dim` is added at the end, so [[4], [20]] of shape (2, 1) gives "
        "(2, 1, 2). Any number of axes is fine, and the layer need not be the first of a model. `input_dim` is the "
        "highest id plus one. An id at or beyond it is an error on a CPU. A negative id is not: -1 silently gives the "
        "last row, counted from the end as in Python. With `mask_zero` id 0 means padding, so ids of real words start "
        "at 1 and `input_dim` is the vocabulary plus one. The padding's row still comes out; a mask travels with it, "
        "and layers that understand masks skip those steps. A layer that does not understand them only causes a "
        "warning."
    ),
    fields=(
        Field("input_dim", "integer", 21, "Rows of the table: the highest id plus one.", minimum=1, maximum=1000000),
        Field("output_dim", "integer", 2, "Length of each vector.", minimum=1, maximum=16_384),
        Field(
            "embeddings_initializer",
            "choice",
            "uniform",
            "How the table's first values are made.",
            choices=(
                "uniform",
                "normal",
                "zeros",
                "ones",
                "identity",
                "random_normal",
                "random_uniform",
                "truncated_normal",
                "glorot_normal",
                "glorot_uniform",
                "he_normal",
                "he_uniform",
                "lecun_normal",
                "lecun_uniform",
                "orthogonal",
                "variance_scaling",
            ),
        ),
        Field(
            "embeddings_regularizer",
            "choice",
            None,
            "A loss on the table.",
            choices=MATRIX_REGULARIZERS,
            optional=True,
            advanced=True,
        ),
        ACTIVITY_REGULARIZER,
        Field(
            "embeddings_constraint",
            "choice",
            None,
            "What the table must satisfy after each training step.",
            choices=CONSTRAINTS,
            optional=True,
            advanced=True,
        ),
        Field("mask_zero", "boolean", False, "Whether id 0 is padding, to be masked."),
        Field(
            "weights",
            "json",
            None,
            "A first table as a NumPy array. Keras 3.15 refuses a typed list: edit cells of the table instead.",
            optional=True,
            advanced=True,
        ),
        Field(
            "input_length",
            "integer",
            None,
            "Deprecated: Keras 3 ignores it, with a warning.",
            minimum=1,
            maximum=100000,
            optional=True,
            advanced=True,
        ),
        Field(
            "lora_rank",
            "integer",
            None,
            "Rank of a low-rank update (LoRA). Freezes the table.",
            minimum=1,
            maximum=64,
            optional=True,
            advanced=True,
        ),
        LORA_ALPHA,
        QUANTIZATION_CONFIG,
    ),
    inputs=(Input("tokens", (2, 1), ("batch", "time"), "typed", {"values": [4, 20]}, "int32"),),
    tensors=(
        Tensor("embeddings", ("vocabulary", "output_dim"), help="The table: one row for each id."),
        Tensor("lora_embeddings_a", ("vocabulary", "rank"), help="The first thin matrix of the update."),
        Tensor("lora_embeddings_b", ("rank", "output_dim"), help="The second thin matrix; it starts at zero."),
        Tensor("output", ("batch", "time", "output_dim")),
    ),
    examples=(
        Example(
            "[[4], [20]] to two vectors",
            "002",
            edits=(
                ("weight:embeddings", (4, 0), 0.25),
                ("weight:embeddings", (4, 1), 0.1),
                ("weight:embeddings", (20, 0), 0.6),
                ("weight:embeddings", (20, 1), -0.2),
            ),
            shows="Rows 4 and 20 of the table: [[[0.25, 0.1]], [[0.6, -0.2]]], of shape (2, 1, 2).",
        ),
        Example(
            "Padding with mask_zero",
            "002",
            params={"input_dim": 6, "output_dim": 3, "mask_zero": True},
            inputs=({"shape": (2, 4), "options": {"values": [3, 1, 5, 0, 2, 4, 0, 0]}},),
            shows="Id 0 is padding: the mask is False there, though row 0 of the table still comes out.",
        ),
        Example(
            "-1 is the last row",
            params={"input_dim": 5},
            inputs=({"shape": (1, 2), "options": {"values": [4, -1]}},),
            shows="Both vectors are row 4: a negative id counts from the end, without an error.",
        ),
        Example(
            "A sentence of token ids",
            params={"input_dim": 10, "output_dim": 4},
            inputs=({"shape": (2, 6), "recipe": "tokens", "options": {"vocabulary": 10}},),
            shows="Equal ids get equal vectors, wherever they stand.",
        ),
        Example(
            "Words to a verdict",
            params={"input_dim": 6, "output_dim": 3, "embeddings_initializer": "glorot_uniform", "mask_zero": True},
            inputs=({"shape": (2, 5), "options": {"values": [3, 1, 5, 2, 0, 2, 4, 0, 0, 0]}},),
            edits=(
                ("weight:attention/attention_weight", (0, 0), 2.0),
                ("weight:attention/attention_weight", (1, 0), -2.0),
                ("weight:attention/attention_weight", (2, 0), 1.0),
            ),
            then=(("attention", {"bias": "scalar"}), ("keras.layers.Dense", {"units": 2, "activation": "softmax"})),
            shows=(
                "Id 0 is padding: the mask travels on, so attention leaves those steps out. Dense makes two shares "
                "that sum to 1 from each context."
            ),
        ),
    ),
    documents=("002",),
    reference="layers.stock.embedding:reference",
)


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy: the rows of the table; a negative id counts from its end."""
    (tokens,) = inputs
    table = weights["embeddings"].astype("float64")
    if params.get("lora_rank"):
        # alpha / rank is 1: Keras's build enables LoRA with alpha = rank
        table = table + weights["lora_embeddings_a"].astype("float64") @ weights["lora_embeddings_b"].astype("float64")
    return [table[np.where(tokens < 0, tokens + len(table), tokens).astype("int64")]]
