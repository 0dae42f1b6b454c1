"""SimpleRNN: the plain recurrent layer, whose output is its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layers.activations import activate
from layers.card import Card, Example, Field, Input, Tensor
from layers.choices import ACTIVATION_NAMES
from layers.fields import (
    ACTIVITY_REGULARIZER,
    BIAS_CONSTRAINT,
    BIAS_INITIALIZER,
    BIAS_REGULARIZER,
    DROPOUT,
    GO_BACKWARDS,
    KERNEL_CONSTRAINT,
    KERNEL_INITIALIZER,
    KERNEL_REGULARIZER,
    RECURRENT_CONSTRAINT,
    RECURRENT_DROPOUT,
    RECURRENT_INITIALIZER,
    RECURRENT_REGULARIZER,
    RETURN_SEQUENCES,
    RETURN_STATE,
    SEED,
    STATEFUL,
    UNROLL,
    USE_BIAS,
)
from layers.recurrence import chosen_outputs, run_over_time

CARD = Card(
    id="keras.layers.SimpleRNN",
    title="SimpleRNN",
    layer="keras.layers:SimpleRNN",
    group="recurrent",
    summary="Reads a sequence step by step and keeps a state: tanh(x · kernel + state · recurrent_kernel + bias).",
    story=(
        "At each step the new state mixes the features of that moment with the state of the moment before. The state "
        "is also the output. It starts at zero, and the same weights serve every step. Ask for all outputs to watch "
        "the state through time; by default only the last comes out. A masked step does not happen: the state stays "
        "and the previous output is repeated."
    ),
    fields=(
        Field("units", "integer", 4, "Length of the state, and of the output.", minimum=1, maximum=4096),
        Field(
            "activation",
            "choice",
            "tanh",
            "The function that makes the new state.",
            choices=ACTIVATION_NAMES,
            optional=True,
        ),
        USE_BIAS,
        KERNEL_INITIALIZER,
        RECURRENT_INITIALIZER,
        BIAS_INITIALIZER,
        KERNEL_REGULARIZER,
        RECURRENT_REGULARIZER,
        BIAS_REGULARIZER,
        ACTIVITY_REGULARIZER,
        KERNEL_CONSTRAINT,
        RECURRENT_CONSTRAINT,
        BIAS_CONSTRAINT,
        DROPOUT,
        RECURRENT_DROPOUT,
        SEED,
        RETURN_SEQUENCES,
        RETURN_STATE,
        GO_BACKWARDS,
        STATEFUL,
        UNROLL,
    ),
    inputs=(Input("x", (2, 5, 3), ("batch", "time", "features"), "normal"),),
    tensors=(
        Tensor("simple_rnn_cell/kernel", ("features", "units"), help="What the input contributes to the new state."),
        Tensor("simple_rnn_cell/recurrent_kernel", ("units before", "units"), help="What the old state contributes."),
        Tensor("simple_rnn_cell/bias", ("units",), help="Added at every step."),
        Tensor("output", ("units",)),
    ),
    examples=(
        Example("Five steps, the last output", "001", shows="(2, 5, 3) gives (2, 4): time is gone."),
        Example("Every output", params={"return_sequences": True}, shows="One row for each step."),
        Example(
            "A masked end",
            params={"return_sequences": True},
            mask={"kind": "last", "count": 2},
            shows="The output of step 3 is repeated.",
        ),
        Example(
            "The echo of one impulse",
            params={"units": 1, "activation": "linear", "return_sequences": True},
            inputs=({"shape": (1, 6, 1), "recipe": "typed", "options": {"values": [1, 0, 0, 0, 0, 0]}},),
            edits=(
                ("weight:simple_rnn_cell/kernel", (0, 0), 1.0),
                ("weight:simple_rnn_cell/recurrent_kernel", (0, 0), 0.5),
            ),
            shows="With a recurrent weight of 0.5 the impulse halves at each step: 1, 0.5, 0.25 ...",
        ),
    ),
    documents=("000", "001"),
    reference="layers.stock.simple_rnn:reference",
    masks=True,
    random=True,
)


def reference(
    inputs: Sequence[np.ndarray],
    weights: Mapping[str, np.ndarray],
    params: Mapping[str, Any],
    *,
    mask: np.ndarray | None = None,
    **_: Any,
) -> list[np.ndarray]:
    """The same by NumPy, step by step. Dropout is not derived."""
    kernel = weights["simple_rnn_cell/kernel"].astype("float64")
    recurrent_kernel = weights["simple_rnn_cell/recurrent_kernel"].astype("float64")
    bias = weights["simple_rnn_cell/bias"].astype("float64") if params["use_bias"] else np.zeros(params["units"])

    def step(moment: np.ndarray, states: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        state = activate(params["activation"], moment @ kernel + states[0] @ recurrent_kernel + bias)
        return state, [state]

    outputs, states = run_over_time(step, inputs[0], (params["units"],), mask=mask, go_backwards=params["go_backwards"])
    return chosen_outputs(
        outputs, states, return_sequences=params["return_sequences"], return_state=params["return_state"]
    )
