"""Drawings in the DOT language: a row of steps, the nodes of a shared layer, the graph of a model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from explorer.core.keras_private import inbound_nodes, origin_of
from explorer.core.lifecycle.state import shape_text

_HEAD = (
    'rankdir=LR; bgcolor="transparent"; '
    'node [shape=box, style="rounded,filled", fontname="monospace", fontsize=11, color="#8a93a3", margin="0.14,0.07"]; '
    'edge [color="#8a93a3", fontcolor="#8a93a3", fontname="monospace", fontsize=10]; '
)
_PAPER, _INK = "#f4f5f7", "#1c2330"
_TENSOR, _LAYER = "#dbe7f8", "#fbe3cc"
"""Fills that are read on a light and on a dark page; the ink on them is dark."""


def row(steps: Sequence[tuple[str, str]]) -> str:
    """Steps from left to right; each has its label and the word on the arrow that leads to it."""
    parts = [_node(f"s{number}", label, _LAYER if number == 0 else _PAPER) for number, (label, _) in enumerate(steps)]
    parts += [_edge(f"s{number - 1}", f"s{number}", word) for number, (_, word) in enumerate(steps) if number]
    return _drawing(parts)


def nodes_drawing(scope: Mapping[str, Any]) -> str:
    """Every node of the layer: what went in, and what came out."""
    layer = scope["layer"]
    parts = [_node("layer", f"{layer.name}\n{type(layer).__name__}", _LAYER)]
    for number, node in enumerate(inbound_nodes(layer)):
        parts.append(_node(f"n{number}", f"node {number}", _PAPER))
        parts.append(f"layer -> n{number} [style=dashed, arrowhead=none];")
        for position, tensor in enumerate(node.input_tensors):
            parts.append(_node(f"i{number}_{position}", f"{tensor.name}\n{shape_text(tensor)}", _TENSOR))
            parts.append(_edge(f"i{number}_{position}", f"n{number}"))
        for position, tensor in enumerate(node.output_tensors):
            parts.append(_node(f"o{number}_{position}", f"{tensor.name}\n{shape_text(tensor)}", _TENSOR))
            parts.append(_edge(f"n{number}", f"o{number}_{position}"))
    return _drawing(parts)


def model_drawing(scope: Mapping[str, Any]) -> str:
    """The operations of a model, with the shapes on the arrows."""
    model = scope.get("model", scope.get("_"))
    ids = {id(operation): f"p{number}" for number, operation in enumerate(model.operations)}
    parts = []
    for operation in model.operations:
        kind = type(operation).__name__
        fill = _TENSOR if kind == "InputLayer" else _LAYER
        parts.append(_node(ids[id(operation)], f"{operation.name}\n{kind}", fill))
    known = {id(node) for nodes in model._nodes_by_depth.values() for node in nodes}
    for operation in model.operations:
        for node in inbound_nodes(operation):
            if id(node) not in known:
                continue
            for tensor in node.input_tensors:
                source = ids.get(id(origin_of(tensor).operation))
                if source is not None:
                    parts.append(_edge(source, ids[id(operation)], shape_text(tensor)))
    for position, tensor in enumerate(model.outputs):
        parts.append(_node(f"out{position}", f"output\n{shape_text(tensor)}", _TENSOR))
        parts.append(_edge(ids[id(origin_of(tensor).operation)], f"out{position}"))
    return _drawing(parts)


def _drawing(parts: Iterable[str]) -> str:
    return f"digraph {{ {_HEAD}{' '.join(parts)} }}"


def _node(name: str, label: str, fill: str) -> str:
    return f'{name} [label={json.dumps(label, ensure_ascii=False)}, fillcolor="{fill}", fontcolor="{_INK}"];'


def _edge(source: str, target: str, label: str = "") -> str:
    shown = f" [label={json.dumps(f' {label} ', ensure_ascii=False)}]" if label else ""
    return f"{source} -> {target}{shown};"
