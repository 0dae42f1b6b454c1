"""Input: a symbolic tensor, a place without numbers."""

from __future__ import annotations

from layers.card import Card, Example, Field

CARD = Card(
    id="keras.Input",
    title="Input",
    layer="keras:Input",
    group="core",
    summary="Names a place where data will enter a model: a shape and a dtype, without numbers.",
    story=(
        "`keras.Input` makes a symbolic tensor. It knows its shape and dtype, and where it comes from, but holds no "
        "numbers; layers called on it note down the computation, and `keras.Model(inputs=..., outputs=...)` turns the "
        "notes into a model. `shape` leaves the batch out and `batch_shape` includes it; give one of the two. A size "
        "that is not known yet is `null` (None in Python). Names should be unique within a model. A symbolic tensor of "
        "Keras 3 remembers its origin in `_keras_history`; the older `_keras_shape` no longer exists, since `.shape` "
        "says the same."
    ),
    fields=(
        Field("shape", "json", [32], "Sizes without the batch, e.g. [32] or [null, 8].", optional=True),
        Field(
            "batch_size", "integer", None, "The batch size, if it is fixed.", minimum=1, maximum=100000, optional=True
        ),
        Field(
            "batch_shape",
            "json",
            None,
            "Sizes with the batch, e.g. [null, 32]. Then leave `shape` empty.",
            optional=True,
        ),
        Field("name", "text", None, "A name of its own; made up if empty.", optional=True),
        Field(
            "dtype",
            "choice",
            None,
            "What kind of numbers will come. Empty: Keras's float.",
            choices=("float16", "bfloat16", "float32", "float64", "int8", "uint8", "int32", "int64", "bool", "string"),
            optional=True,
        ),
        Field("sparse", "boolean", False, "Whether sparse tensors are expected.", advanced=True),
        Field("ragged", "boolean", False, "Whether rows of different lengths are expected.", advanced=True),
        Field(
            "tensor",
            "json",
            None,
            (
                "An existing symbolic tensor to wrap. That is an object of a running program and cannot be typed: "
                "whatever is typed here, Keras refuses."
            ),
            optional=True,
            advanced=True,
        ),
        Field("optional", "boolean", False, "Whether None may be passed in its place.", advanced=True),
    ),
    examples=(
        Example("Vectors of 32 numbers", "002", shows="The shape reads (None, 32): the batch is not known yet."),
        Example(
            "A batch of exactly ten",
            "002",
            params={"shape": None, "batch_shape": [10, 32]},
            shows="With `batch_shape` the first size is the batch.",
        ),
        Example(
            "A batch of any size, said aloud",
            "002",
            params={"shape": None, "batch_shape": [None, 32]},
            shows="The same as shape [32].",
        ),
        Example(
            "Token ids of any length",
            params={"shape": [None], "dtype": "int32", "name": "tokens"},
            shows="Both the batch and the length are open: (None, None).",
        ),
    ),
    documents=("002",),
    symbolic=True,
)
