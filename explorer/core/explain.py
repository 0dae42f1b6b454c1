"""Put an exception of Keras, TensorFlow or NumPy into words: what was expected, what was received, how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from explorer.core.axes import named
from explorer.core.build import plain
from explorer.experiment import Experiment
from explorer.problem import Problem, Repair
from explorer.trace import Message, Trace
from layers.card import Card

_Built = tuple[Message, str, str]
"""what, expected, received"""


def explained(
    error: BaseException, card: Card, experiment: Experiment, arrays: Sequence[np.ndarray], trace: Trace | None = None
) -> Problem:
    """The problem behind an exception of building or calling a layer.

    Args:
        error: what Keras, TensorFlow, NumPy or the layer's own code raised.
        card, experiment, arrays: what was called.
        trace: what was recorded until then, if it was the call that failed.
    Returns:
        A Problem that names the two sides that disagree where the message tells them, keeps the original message as
        its detail, and offers what can be mended by a click.
    """
    detail = f"{type(error).__name__}: {plain(str(error))}"
    shapes = ", ".join(str(tuple(a.shape)) for a in arrays)
    params = {field.name: field.default for field in card.fields} | dict(experiment.params)
    known = f"{detail}\n\nshapes: {shapes}\nparams: {params}"  # some messages name neither
    for pattern, describe in _PATTERNS:
        match = re.search(pattern, known, re.DOTALL)
        if match:
            what, expected, received = describe(match)
            break
    else:
        what, expected, received = Message("The layer refused this input."), "", shapes
    dtypes = _dtype_repairs(detail, card, experiment)
    repairs = _vocabulary_repairs(detail, card) + dtypes + _reset_repairs(card, experiment)
    where = "dtype" if dtypes and re.search(f"{_NO_KERNEL}|{_NO_DEVICE}", detail) else "inputs.0"
    shown = named(trace, card) if trace is not None else None
    return Problem(what, expected=expected, received=received, where=where, detail=detail, repairs=repairs, trace=shown)


def _reset_repairs(card: Card, experiment: Experiment) -> tuple[Repair, ...]:
    repairs = []
    if experiment.edits:
        repairs.append(DROP_EDITS)
    if experiment.mask is not None:
        repairs.append(DROP_MASK)
    if experiment.inputs:
        shapes = ", ".join(" × ".join(map(str, spec.shape)) or "()" for spec in card.inputs)
        repairs.append(
            Repair(Message("Use the usual input ({shapes})", {"shapes": shapes}), {"inputs": [], "edits": []})
        )
    if experiment.params:
        repairs.append(Repair(Message("Use the usual parameters"), {"params": {}}))
    return tuple(repairs)


DROP_EDITS = Repair(Message("Drop the edited cells"), {"edits": []})
DROP_MASK = Repair(Message("Drop the mask"), {"mask": None})


def _vocabulary_repairs(detail: str, card: Card) -> tuple[Repair, ...]:
    match = re.search(_VOCABULARY, detail)
    sizes = [field for field in card.fields if field.name == "input_dim"]
    if not match or not sizes:
        return ()
    needed = int(match[2]) + 1
    if needed < 1 or needed > (sizes[0].maximum or needed):
        return ()
    return (Repair(Message("Set input_dim to {size}", {"size": needed}), {"params.input_dim": needed}),)


def _dtype_repairs(detail: str, card: Card, experiment: Experiment) -> tuple[Repair, ...]:
    """The dtype that everything exists in; and, if it helps, an initializer that needs no such operation."""
    if experiment.dtype == "float32":
        return ()
    repairs = [Repair(Message("Set the dtype to {dtype}", {"dtype": "float32"}), {"dtype": "float32"})]
    for field in card.fields if "Op<name=Qr;" in detail else ():
        if field.default == "orthogonal" and _OTHER_INITIALIZER in field.choices:
            label = Message("Set {name} to {value}", {"name": field.name, "value": _OTHER_INITIALIZER})
            repairs.append(Repair(label, {f"params.{field.name}": _OTHER_INITIALIZER}))
    return tuple(repairs)


def _say(text: str, **params: Any) -> Message:
    return Message(text, params)


def _clashing(first: str, second: str) -> _Built:
    what = _say("Two tensors that meet here do not fit together: {axis}.", axis=_clash(first, second))
    return what, first, second


def _window(sizes: str, window: str, dilation: str = "") -> _Built:
    """The first axis whose window, spread by its dilation, is longer than the input."""
    lengths, cells = _numbers(sizes), _numbers(window)
    steps = [*_numbers(dilation), *[1] * len(cells)]
    reach = [(cell - 1) * step + 1 for cell, step in zip(cells, steps, strict=False)]
    pairs = [(r, n) for r, n in zip(reach, lengths[1:], strict=False) if r > n] or [(max(reach), min(lengths[1:]))]
    what = _say("The window is larger than the input: nothing would be left of the output.")
    return what, f"<= {pairs[0][1]} {sizes}", f"{pairs[0][0]} {window}"


_DTYPES: Mapping[str, str] = {"double": "float64", "float": "float32", "half": "float16", "bfloat16": "bfloat16"}
"""TensorFlow's names of the floating-point dtypes, and what Keras calls them."""
_OTHER_INITIALIZER = "glorot_uniform"
_VOCABULARY = r"indices\[([\d,]*)\] = (-?\d+) is not in \[0, (\d+)\)"
_NO_KERNEL = r"attr '\w+' of (\w+) is not in the list of allowed values: ([\w, ]+)"
_NO_DEVICE = r"Could not find device for node: [^\n]*?\[T=DT_(\w+)"
_SHAPE = r"(\([^()]*\))"

_PATTERNS: tuple[tuple[str, Callable[[re.Match[str]], _Built]], ...] = (
    (
        _VOCABULARY,
        lambda m: (
            _say("A token id lies outside the vocabulary (cell {cell}).", cell=m[1]),
            f"0 ... {int(m[3]) - 1}", m[2],
        ),
    ),
    (
        _NO_KERNEL + r".*Op<name=Qr;",
        lambda m: (
            _say("The orthogonal initializer cannot make weights of dtype {dtype}.", dtype=_dtype(m[1])),
            _allowed(m[2]), _dtype(m[1]),
        ),
    ),
    (
        _NO_KERNEL,
        lambda m: (
            _say("An operation that this layer needs does not exist in dtype {dtype}.", dtype=_dtype(m[1])),
            _allowed(m[2]), _dtype(m[1]),
        ),
    ),
    (
        _NO_DEVICE,
        lambda m: (
            _say("An operation that this layer needs does not exist in dtype {dtype}.", dtype=_dtype(m[1])),
            "float32", _dtype(m[1]),
        ),
    ),
    (
        r"expected axis (-?\d+) of input shape to have value (\d+), but received input with shape (\([^)]*\))",
        lambda m: (_say("Axis {axis} of the input has the wrong size.", axis=m[1]), m[2], m[3]),
    ),
    (
        r"Expected dimension (\d+) at axis (\d+) of the input shaped (\[[\d,]*\]) but got dimension (\d+)",
        lambda m: (_say("Axis {axis} of the input has the wrong size.", axis=m[2]), m[1], f"{m[4]} {m[3]}"),
    ),
    (
        r"expected (min_ndim|max_ndim|ndim)=(\d+), found ndim=(\d+)\. Full shape received: (\([^)]*\))",
        lambda m: (
            _say("The input has the wrong number of axes."),
            {"min_ndim": ">= ", "max_ndim": "<= ", "ndim": ""}[m[1]] + m[2], f"{m[3]} {m[4]}",
        ),
    ),
    (
        r"Matrix size-incompatible: In\[0\]: (\[[\d,]*\]), In\[1\]: (\[[\d,]*\])",
        lambda m: (
            _say("A matrix product needs the columns of the first to equal the rows of the second."),
            f"{_numbers(m[1])[-1]} ← {m[1]}", f"{_numbers(m[2])[-2]} ← {m[2]}",
        ),
    ),
    (r"Incompatible shapes: (\[[\d,]*\]) vs\. (\[[\d,]*\])", lambda m: _clashing(m[1], m[2])),
    (rf"[Ii]ncompatible shapes[^()]*{_SHAPE} and {_SHAPE}", lambda m: _clashing(m[1], m[2])),
    (rf"not broadcast[^()]*{_SHAPE}[^()]*{_SHAPE}", lambda m: _clashing(m[1], m[2])),
    (rf"(?:different batch sizes|matching shapes).*?\[{_SHAPE}, {_SHAPE}", lambda m: _clashing(m[1], m[2])),
    (
        r"axis values (\d+) \(at axis \d+\) != (\d+) \(at axis \d+\)",
        lambda m: (
            _say("Two tensors that meet here do not fit together: {axis}.", axis=f"{m[1]} ≠ {m[2]}"), m[1], m[2],
        ),
    ),
    (r"told input_dim=(\d+).*?with (\d+) features", lambda m: (_say("The layer refused this input."), m[1], m[2])),
    (
        rf"output size would be (?:zero or )?negative.*?inputs shape={_SHAPE}`, `kernel shape={_SHAPE}`, "
        r"`dilation_rate=([^`]*)`",
        lambda m: _window(m[1], f"({', '.join(map(str, _numbers(m[2])[:-2]))})", m[3]),
    ),
    (
        r"covers (\d+) cells of an axis that has (\d+)",
        lambda m: (
            _say("The window is larger than the input: nothing would be left of the output."), f"<= {m[2]}", m[1],
        ),
    ),
    (
        rf"pooling forward propagation primitive.*shapes: {_SHAPE}.*'pool_size': ([\[(]?[\d, ]+[\])]?)",
        lambda m: _window(m[1], m[2]),
    ),
    (
        r"[Nn]egative dimension size caused by subtracting (\d+) from (\d+)",
        lambda m: (
            _say("The window is larger than the input: nothing would be left of the output."), f"<= {m[2]}", m[1],
        ),
    ),
    (
        r"divisible by the number of groups\. Received groups=(\d+), but the input has (\d+) channels",
        lambda m: (_say("The number of groups must divide the channels and the filters."), f"{m[1]} × n", m[2]),
    ),
    (
        r"Number of groups \((\d+)\) must be a multiple of the number of channels \((\d+)\)",
        lambda m: (_say("The number of groups must divide the channels and the filters."), f"{m[1]} × n", m[2]),
    ),
    (
        r"(?:\bOOM\b|ResourceExhausted|MemoryError)",
        lambda m: (_say("That needs more memory than one run may take."), "", ""),
    ),
    (
        r"[Ee]xpected:? (.{1,80}?)[,.] (?:but )?[Rr]eceived:? (.{1,120}?)(?:\n|$)",
        lambda m: (_say("The layer refused this input."), m[1], m[2]),
    ),
    (
        r"^\w+: (?:Exception encountered when calling [^\n]*\n+)?([^\n]{1,240}?)\s*Received:? ([^\n]{1,160})",
        lambda m: (_say("The layer refused this input."), m[1], m[2]),
    ),
)  # fmt: skip


def _dtype(name: str) -> str:
    return _DTYPES.get(name.lower(), name.lower())


def _allowed(names: str) -> str:
    return ", ".join(_DTYPES[name] for name in names.split(", ") if name in _DTYPES)


def _numbers(shape: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", shape)]


def _clash(first: str, second: str) -> str:
    a, b = _numbers(first)[::-1], _numbers(second)[::-1]
    clashes = [f"{x} ≠ {y}" for x, y in zip(a, b, strict=False) if x != y and 1 not in (x, y)]
    return ", ".join(clashes) or f"{first}, {second}"
