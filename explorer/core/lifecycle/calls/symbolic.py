"""Calls on symbolic tensors: the layer's input and output, its nodes, and models around it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from explorer.core.lifecycle.calls.registry import Scope, call
from explorer.core.lifecycle.drawing import model_drawing, nodes_drawing
from explorer.core.lifecycle.state import shape_text
from explorer.model.lifecycle import Table
from explorer.model.trace import Message


@call("symbolic", Message("Its input and output, before any call"), modern="input_output")
def input_uncalled(unbuilt: Any) -> Any:
    return unbuilt.input


@call(
    "symbolic",
    Message("Its output after a call on numbers"),
    Message("A call on numbers leaves no node."),
    modern="input_output",
)
def output_after_numbers(unbuilt: Any, inputs: Any) -> Any:
    unbuilt(*inputs)
    return unbuilt.output


@call(
    "symbolic",
    Message("Its input and output, after a symbolic call"),
    Message("A call on keras.Input leaves a node, and these belong to it."),
)
def input_output(layer: Any, symbols: Any) -> Any:
    layer(*symbols)
    return {"input": layer.input, "output": layer.output}


@call("symbolic", Message("The shapes of its input and output"), Message("The batch is None: any size."))
def input_output_shape(layer: Any, symbols: Any) -> Any:
    layer(*symbols)
    return [tensor.shape for tensor in keras.tree.flatten([layer.input, layer.output])]


@call(
    "symbolic",
    Message("Where a symbolic tensor came from"),
    Message("The operation, the node and which of its outputs."),
)
def keras_history(layer: Any, symbols: Any) -> Any:
    outputs = keras.tree.flatten(layer(*symbols))
    return outputs[0]._keras_history


@call("symbolic", Message("The numbers of a symbolic tensor"), Message("It has none."))
def numbers_of_a_symbol(layer: Any, symbols: Any) -> Any:
    outputs = keras.tree.flatten(layer(*symbols))
    return np.asarray(outputs[0])


def _told(tensors: Any) -> str:
    return ", ".join(f"{tensor.name} {tuple(tensor.shape)}" for tensor in tensors)


def _nodes_table(scope: Scope) -> Table:
    rows = [
        (
            str(number),
            _told(node.input_tensors),
            _told(node.output_tensors),
            shape_text(node.input_tensors),
            f"layer._inbound_nodes[{number}].input_tensors",
        )
        for number, node in enumerate(scope["layer"]._inbound_nodes)
    ]
    headings = (
        Message("node"),
        Message("get_input_at(i) gave"),
        Message("get_output_at(i) gave"),
        Message("get_input_shape_at(i) gave"),
        Message("today"),
    )
    return Table(headings, tuple(rows))


@call(
    "nodes",
    Message("One layer, called twice"),
    Message(
        "Each symbolic call adds a node; the weights are shared. Keep the tensors that the calls gave: a list of "
        "nodes is private to Keras today."
    ),
    draw=nodes_drawing,
    tabulate=_nodes_table,
)
def nodes(layer: Any, symbols: Any, others: Any) -> Any:
    first = layer(*symbols)
    second = layer(*others)
    return {"nodes": len(layer._inbound_nodes), "first": first, "second": second}


@call("nodes", Message("One layer, called three times"), draw=nodes_drawing, tabulate=_nodes_table)
def three_nodes(layer: Any, symbols: Any, others: Any, thirds: Any) -> Any:
    first = layer(*symbols)
    second = layer(*others)
    third = layer(*thirds)
    return {"nodes": len(layer._inbound_nodes), "first": first, "second": second, "third": third}


@call(
    "nodes",
    Message("layer.output of a layer with two nodes"),
    Message("Keras 2 refused; Keras 3 gives the first node's output without a word."),
)
def output_of_two_nodes(layer: Any, symbols: Any, others: Any) -> Any:
    first = keras.tree.flatten(layer(*symbols))
    layer(*others)
    return keras.tree.flatten(layer.output)[0] is first[0]


@call(
    "nodes",
    Message("What a node was given"),
    Message("The modern place of get_input_at and its relatives, private to Keras."),
)
def inbound_node(layer: Any, symbols: Any, others: Any) -> Any:
    layer(*symbols)
    layer(*others)
    node = layer._inbound_nodes[1]
    return {"input": node.input_tensors, "output": node.output_tensors}


@call("model", Message("A model around the layer"), draw=model_drawing)
def model(layer: Any, symbols: Any) -> Any:
    return keras.Model(inputs=[*symbols], outputs=layer(*symbols))


@call("model", Message("Its summary"), draw=model_drawing)
def summary(layer: Any, symbols: Any) -> Any:
    model = keras.Model(inputs=[*symbols], outputs=layer(*symbols))
    lines: list[str] = []
    model.summary(line_length=80, print_fn=lines.append)
    return "\n".join(map(str, lines))


@call(
    "model",
    Message("Two calls of one layer in a model"),
    Message("The weights are counted once: the layer is shared."),
    draw=model_drawing,
)
def shared_layer(layer: Any, symbols: Any, others: Any) -> Any:
    model = keras.Model([[*symbols], [*others]], [layer(*symbols), layer(*others)])
    return {"parameters": model.count_params(), "of the layer": layer.count_params()}


@call("model", Message("The shapes of a model"), Message("Models keep input_shape and output_shape; layers do not."))
def model_shapes(layer: Any, symbols: Any) -> Any:
    model = keras.Model([*symbols], layer(*symbols))
    return {"input_shape": model.input_shape, "output_shape": model.output_shape}
