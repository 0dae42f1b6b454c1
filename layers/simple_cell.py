"""MinimalCell: the smallest recurrent cell, run over time by `keras.layers.RNN`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from layers.activations import activate
from layers.card import Card, Example, Field, Input, Tensor
from layers.choices import ACTIVATION_NAMES
from layers.recurrence import chosen_outputs, run_over_time

CARD = Card(
    id="simple_cell",
    title="A recurrent cell",
    layer="layers.simple_cell:recurrent",
    group="custom",
    summary="A cell that knows one step; keras.layers.RNN runs it over the whole sequence.",
    story=(
        "Recurrent layers are written in two parts. The cell knows a single step: it takes the features of that moment "
        "and the state left by the moment before, and returns an output and the new state. `keras.layers.RNN` does the "
        "rest: the loop over time, the first state (zeros), masks, and returning all outputs or only the last. A cell "
        "needs two things only: `state_size`, and `call(x, states)`. Here the new state is activation(x · kernel + "
        "state · recurrent_kernel), and it is the output as well. A masked step does not happen: the state stays, and "
        "the previous output is repeated."
    ),
    fields=(
        Field("units", "integer", 4, "Length of the state, and of the output.", minimum=1, maximum=4096),
        Field("activation", "choice", "tanh", "The function that makes the new state.", choices=ACTIVATION_NAMES),
        Field("return_sequences", "boolean", False, "All outputs, or only the last one."),
        Field("return_state", "boolean", False, "Whether the last state comes out as well.", advanced=True),
        Field("go_backwards", "boolean", False, "Whether the sequence is read from its end.", advanced=True),
    ),
    inputs=(Input("x", (2, 5, 3), ("batch", "time", "features"), "normal"),),
    tensors=(
        Tensor("minimal_cell/kernel", ("features", "units"), help="What the input contributes to the new state."),
        Tensor("minimal_cell/recurrent_kernel", ("units before", "units"), help="What the old state contributes."),
        Tensor("output", ("units",)),
    ),
    examples=(
        Example(
            "Five steps, the last output",
            "000",
            shows="The cell runs step by step, on both samples at once: (2, 5, 3) gives (2, 4).",
        ),
        Example(
            "Every output",
            params={"return_sequences": True},
            shows="One row for each step: follow the state through time.",
        ),
        Example(
            "A running sum",
            params={"units": 1, "activation": "linear", "return_sequences": True},
            inputs=({"shape": (1, 6, 1), "recipe": "arange", "options": {"start": 1, "step": 1}},),
            edits=(("weight:minimal_cell/kernel", (0, 0), 1.0), ("weight:minimal_cell/recurrent_kernel", (0, 0), 1.0)),
            shows="With both weights at 1 the state adds everything up: 1, 3, 6, 10, 15, 21.",
        ),
        Example(
            "A masked end",
            params={"return_sequences": True},
            mask={"kind": "last", "count": 2},
            shows="The state stands still: the output of step 3 is repeated.",
        ),
    ),
    documents=("000",),
    reference="layers.simple_cell:reference",
    masks=True,
)


@keras.saving.register_keras_serializable("layer_explorer")
class MinimalCell(keras.layers.Layer):
    """One step: `state = activation(x · kernel + state · recurrent_kernel)`.

    Args:
        units: length of the state.
        activation: the function that makes the new state.

    Input shapes of one step: `(batch, features)`, and a list of one state `(batch, units)`.
    Returns the output `(batch, units)` and the list of one new state.

    Raises:
        ValueError: if `units` is not a positive integer.
    """

    def __init__(self, units: int = 4, activation: Any = "tanh", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(units, bool) or not isinstance(units, int) or units < 1:
            raise ValueError(f"`units` must be an integer >= 1. Received: units={units!r}")
        self.units = units
        self.state_size = units
        self.output_size = units
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        features = input_shape[-1]
        if features is None:
            raise ValueError(f"MinimalCell needs the number of features. Received: shape {input_shape}")
        self.kernel = self.add_weight(name="kernel", shape=(features, self.units), initializer="glorot_uniform")
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(self.units, self.units), initializer="glorot_uniform"
        )

    def call(self, x: Any, states: Any) -> tuple[Any, list[Any]]:
        previous = states[0]
        from_input = keras.ops.matmul(x, self.kernel)
        from_past = keras.ops.matmul(previous, self.recurrent_kernel)
        state = self.activation(keras.ops.add(from_input, from_past))
        return state, [state]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "activation": keras.activations.serialize(self.activation)}


def recurrent(
    units: int = 4,
    activation: Any = "tanh",
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
    **kwargs: Any,
) -> Any:
    """A `keras.layers.RNN` that runs a `MinimalCell` over time.

    Args:
        units, activation: see `MinimalCell`.
        return_sequences, return_state, go_backwards: see `keras.layers.RNN`.
        kwargs: `name`, `dtype`, `trainable` of the layer; the cell takes the same dtype.
    """
    cell = MinimalCell(units, activation, dtype=kwargs.get("dtype"), name="minimal_cell")
    return keras.layers.RNN(
        cell, return_sequences=return_sequences, return_state=return_state, go_backwards=go_backwards, **kwargs
    )


def reference(
    inputs: Sequence[np.ndarray],
    weights: Mapping[str, np.ndarray],
    params: Mapping[str, Any],
    *,
    mask: np.ndarray | None = None,
    **_: Any,
) -> list[np.ndarray]:
    """The same by NumPy: one matrix for input and state together, step by step."""
    (x,) = inputs
    both = np.concatenate(
        [weights["minimal_cell/kernel"], weights["minimal_cell/recurrent_kernel"]], axis=0, dtype="float64"
    )

    def step(moment: np.ndarray, states: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        state = activate(params["activation"], np.concatenate([moment, states[0]], axis=-1) @ both)
        return state, [state]

    outputs, states = run_over_time(step, x, (params["units"],), mask=mask, go_backwards=params["go_backwards"])
    return chosen_outputs(
        outputs, states, return_sequences=params["return_sequences"], return_state=params["return_state"]
    )
