"""LSTM: a recurrent layer with a memory and three gates."""

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
    id="keras.layers.LSTM",
    title="LSTM",
    layer="keras.layers:LSTM",
    group="recurrent",
    summary="A recurrent layer that keeps a memory and decides what to write, forget and show.",
    story=(
        "An LSTM carries two states from step to step: the output h and a memory c. Three gates between 0 and 1 are "
        "computed from the input and the last h. The input gate i decides what is written, the forget gate f what is "
        "kept, the output gate o what is shown: c = f · c + i · tanh(candidate), and h = o · tanh(c). The weights of "
        "all four parts lie side by side in one kernel, in the order i, f, candidate, o: `units` columns each. The "
        "forget gate's bias starts at 1, so that at first the memory is kept. A masked step does not happen: both "
        "states stay and the previous output is repeated."
    ),
    fields=(
        Field("units", "integer", 4, "Length of the output and of the memory.", minimum=1, maximum=4096),
        Field(
            "activation",
            "choice",
            "tanh",
            "The function for the candidate and the shown memory.",
            choices=ACTIVATION_NAMES,
            optional=True,
        ),
        Field(
            "recurrent_activation",
            "choice",
            "sigmoid",
            "The function of the three gates.",
            choices=ACTIVATION_NAMES,
            optional=True,
        ),
        USE_BIAS,
        KERNEL_INITIALIZER,
        RECURRENT_INITIALIZER,
        BIAS_INITIALIZER,
        Field("unit_forget_bias", "boolean", True, "Whether the forget gate's bias starts at 1."),
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
        Field(
            "use_cudnn",
            "json",
            "auto",
            'Whether a GPU kernel is used: "auto", true or false. Without a GPU it changes nothing.',
            advanced=True,
        ),
    ),
    inputs=(Input("x", (2, 5, 3), ("batch", "time", "features"), "normal"),),
    tensors=(
        Tensor("lstm_cell/kernel", ("features", "gates i f c o"), help="Four blocks of columns: i, f, candidate, o."),
        Tensor("lstm_cell/recurrent_kernel", ("units before", "gates i f c o"), help="The same for the last output."),
        Tensor("lstm_cell/bias", ("gates i f c o",), help="The second block, the forget gate's, starts at 1."),
        Tensor("output", ("units",)),
    ),
    examples=(
        Example("Five steps, the last output", "002", shows="(2, 5, 3) gives (2, 4): time is gone."),
        Example(
            "Output, last h and last c",
            params={"return_state": True, "return_sequences": True},
            shows="The last row of the outputs is h; c is the memory behind it.",
        ),
        Example(
            "Padding does not count",
            params={"return_sequences": True},
            mask={"kind": "last", "count": 2},
            shows="The output of step 3 is repeated.",
        ),
        Example(
            "Forget gate near one half",
            params={"unit_forget_bias": False, "return_sequences": True},
            inputs=({"recipe": "ones"},),
            shows="Without the bias of 1 the memory fades faster.",
        ),
        Example(
            "Remember, then forget",
            params={
                "units": 1,
                "kernel_initializer": "zeros",
                "recurrent_initializer": "zeros",
                "return_sequences": True,
            },
            inputs=(
                {
                    "shape": (1, 8, 2),
                    "recipe": "typed",
                    "options": {"values": [[1, 0]] + [[0, 0]] * 4 + [[0, 1]] + [[0, 0]] * 2},
                },
            ),
            edits=(
                ("weight:lstm_cell/kernel", (0, 0), 10.0),
                ("weight:lstm_cell/kernel", (1, 1), -10.0),
                ("weight:lstm_cell/kernel", (0, 2), 3.0),
                ("weight:lstm_cell/bias", (0,), -5.0),
                ("weight:lstm_cell/bias", (1,), 5.0),
                ("weight:lstm_cell/bias", (3,), 5.0),
            ),
            shows=(
                "Step 1 is remembered: 0.75, and still 0.74 at step 5. At step 6 the second feature closes the forget "
                "gate, and 0.01 is left."
            ),
        ),
    ),
    documents=("000", "002"),
    reference="layers.stock.lstm:reference",
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
    """The same by NumPy, one step and one gate at a time. Dropout is not derived."""
    units = params["units"]
    kernels = np.split(weights["lstm_cell/kernel"].astype("float64"), 4, axis=1)
    recurrent_kernels = np.split(weights["lstm_cell/recurrent_kernel"].astype("float64"), 4, axis=1)
    bias = weights["lstm_cell/bias"].astype("float64") if params["use_bias"] else np.zeros(4 * units)
    biases = np.split(bias, 4)

    def step(moment: np.ndarray, states: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        h, c = states
        i, f, candidate, o = (
            moment @ kernel + h @ recurrent + b
            for kernel, recurrent, b in zip(kernels, recurrent_kernels, biases, strict=True)
        )
        i, f, o = (activate(params["recurrent_activation"], gate) for gate in (i, f, o))
        c = f * c + i * activate(params["activation"], candidate)
        h = o * activate(params["activation"], c)
        return h, [h, c]

    outputs, states = run_over_time(step, inputs[0], (units, units), mask=mask, go_backwards=params["go_backwards"])
    return chosen_outputs(
        outputs, states, return_sequences=params["return_sequences"], return_state=params["return_state"]
    )
