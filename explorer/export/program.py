"""An experiment as a Python program that needs Keras and NumPy only, and asserts the output that the screen shows."""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from explorer.experiment import Experiment
from explorer.experiment.chains import ARROW, handed_on
from explorer.experiment.experiment import OWN_MODULE
from explorer.experiment.own_files import files
from explorer.export.chain_lines import Link, script_links
from explorer.export.constructor import inner_layers
from explorer.export.layer_source import self_contained
from explorer.model.problem import Problem
from explorer.model.trace import Tensor, Trace
from layers.card import Card

MAX_LITERAL = 256
"""Arrays of more cells are packed."""
MAX_CHARACTERS = 2_000_000
_TOLERANCE = {"float64": 1e-12, "float16": 1e-2, "bfloat16": 5e-2}
"""How far another machine may be off; 1e-5 for any other dtype."""


def script(experiment: Experiment, card: Card, trace: Trace, following: Sequence[Card] = ()) -> str:
    """The program.

    Args:
        experiment: what the screen shows.
        card: its layer.
        trace: what it gave; the program asserts these outputs.
        following: the cards of the layers that follow in a chain.
    Raises:
        Problem: if the arrays are too large for a program.
    """
    links = script_links(experiment, [card, *following], trace)
    paths = [path for link in links for path in (link.card.layer, *inner_layers(link.params))]
    title = f"{ARROW.join(link.card.title for link in links)}, as Layer Explorer showed it."
    lines = [
        *begun(title, experiment.code, paths, packed=is_packed(trace)),
        "",
        f"keras.utils.set_random_seed({experiment.seed})",
        links[0].construction(experiment.dtype),
    ]
    lines += _symbolic(trace) if card.symbolic else _concrete(experiment, links, trace)
    text = "\n".join(lines) + "\n"
    if len(text) > MAX_CHARACTERS:
        raise Problem(
            "These tensors are too large for a program.", expected=f"<= {MAX_CHARACTERS:,}", received=f"{len(text):,}"
        )
    return text


def begun(title: str, code: str, paths: Iterable[str], packed: bool = False) -> list[str]:
    """The first lines of a program: what it is, and what it needs to construct layers.

    Args:
        title: a sentence.
        code: the reader's own, or "". Modules that it imports have to lie beside the program.
        paths: "module:attribute" of each layer, as cards name them.
        packed: whether the program unpacks arrays.
    """
    if not code:
        return [f'"""{title}"""', "", *self_contained(paths, packed)]
    first, *others = files(code)
    beside = ", ".join(file.path for file in others)
    return [  # the code first: an import from __future__ may follow nothing but a docstring
        f"# {title}",
        *([f"# These files must lie beside this program: {beside}."] if beside else []),
        first.text.rstrip(),
        "",
        "",
        *self_contained([path for path in paths if not path.startswith(OWN_MODULE)], packed, future=False),
    ]


def _symbolic(trace: Trace) -> list[str]:
    """A symbolic tensor has no numbers: its shape and dtype are what there is to assert."""
    facts = dict(trace.facts)
    shape, dtype = facts.get("shape", ""), facts.get("dtype", "")
    return [f"assert (str(tuple(layer.shape)), layer.dtype) == ({shape!r}, {dtype!r})", "print(layer)"]


def _concrete(experiment: Experiment, links: Sequence[Link], trace: Trace) -> list[str]:
    first, *following = links
    lines = [] if experiment.trainable else [f"{first.name}.trainable = False"]
    names = input_names(trace)
    for name, tensor in zip(names, trace.inputs, strict=True):
        dtype = f", {tensor.dtype!r}" if tensor.dtype == "bfloat16" else ""
        lines.append(f"{name} = keras.ops.convert_to_tensor({array_text(tensor)}{dtype})")
    lines += _mask(trace, names)
    arguments = first.card.written(names)
    for position, link in enumerate(links):
        lines += _edits(experiment, link, trace, arguments)
        call = f"{link.name}({arguments}, training={experiment.training})"
        if link is links[-1]:
            lines += [f"outputs = keras.tree.flatten({call})", ""]
            break
        lines.append(f"y = {call}")
        if position == 0:  # the first layer has drawn its weights by now, as it does when it is alone
            lines += [other.construction(experiment.dtype) for other in following]
            lines += [] if experiment.trainable else [f"{other.name}.trainable = False" for other in following]
        arguments = handed_on(links[position + 1].card, "y")
    for number, output in enumerate(trace.outputs):
        lines.append(f"expected = {array_text(output)}")
        lines.append(_assertion(f"keras.ops.convert_to_numpy(outputs[{number}])", output))
    return [*lines, "print(*outputs, sep='\\n')"]


def input_names(trace: Trace) -> list[str]:
    """The variables of a trace's inputs in a program."""
    return [f"x{i}" if len(trace.inputs) > 1 else "x" for i in range(len(trace.inputs))]


def is_packed(trace: Trace) -> bool:
    """Whether the text of a trace's inputs or outputs needs the function `unpack`."""
    return any(
        t.value.size > MAX_LITERAL and t.value.dtype != object for t in (*trace.inputs, *trace.mask, *trace.outputs)
    )


def array_text(tensor: Tensor) -> str:
    """An expression for an array: its values if they are few, else packed bytes."""
    array = tensor.value
    if array.dtype == object:
        return f"np.array({json.dumps(array.tolist(), ensure_ascii=False)}, dtype=object).reshape({array.shape!r})"
    dtype = f'"{array.dtype.name}"'
    if array.size > 1 and array.tobytes() == array.flat[:1].tobytes() * array.size:
        return f"np.full({array.shape!r}, {_number(array.flat[0])}, {dtype})"
    if array.size <= MAX_LITERAL:
        return f"np.array({_nested(array)}, {dtype}).reshape({array.shape!r})"
    packed = base64.b85encode(zlib.compress(np.ascontiguousarray(array).tobytes(), 9)).decode()
    return f"unpack('{packed}', {array.shape!r}, {dtype})"


def _nested(array: np.ndarray) -> str:
    if array.ndim == 0:
        return _number(array[()])
    return "[" + ", ".join(_nested(row) for row in array) + "]"


def _number(value: Any) -> str:
    """The shortest text that reads back as the same number."""
    if value.dtype.kind == "f":
        if not math.isfinite(value):
            return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"
        return (
            str(np.format_float_positional(value, unique=True, trim="0"))
            if 1e-4 <= abs(float(value)) < 1e7 or value == 0
            else (str(np.format_float_scientific(value, unique=True)))
        )
    return repr(value.item())


def _mask(trace: Trace, names: list[str]) -> list[str]:
    masks = [tensor for tensor in trace.mask if tensor.id.startswith("mask:in")]
    return [
        f"keras.src.backend.set_keras_mask({names[0]}, keras.ops.convert_to_tensor({array_text(m)}))" for m in masks
    ]


def _edits(experiment: Experiment, link: Link, trace: Trace, arguments: str) -> list[str]:
    """Cells of weights that were set by hand. The first call builds the weights; it draws and changes nothing else.

    `training` is always said: some of Keras's random layers take True when it is not.
    """
    start = f"weight:{link.prefix}"
    edits = [edit for edit in experiment.edits if edit.tensor.startswith(start)]
    if not edits:
        return []
    order = [weight.id for weight in trace.weights if weight.id.startswith(start)]
    lines = [f"{link.name}({arguments}, training=False)", f"weights = {link.name}.get_weights()"]
    lines += [f"weights[{order.index(e.tensor)}][{e.index!r}] = {_number(np.float64(e.value))}" for e in edits]
    lines.append(f"{link.name}.set_weights(weights)")
    return [*lines, f"{link.name}.reset_state()"] if link.params.get("stateful") else lines


def _assertion(actual: str, output: Tensor) -> str:
    if output.value.dtype == object:
        return f"assert [text.decode() for text in np.ravel({actual})] == np.ravel(expected).tolist()"
    if output.dtype == "bfloat16":
        actual = f"{actual}.astype('float32')"
    if output.value.dtype.kind in "biu":
        return f"np.testing.assert_array_equal({actual}, expected)"
    tolerance = _TOLERANCE.get(output.dtype, 1e-5)
    return f"np.testing.assert_allclose({actual}, expected, rtol={tolerance:g}, atol={tolerance / 10:g})"
