"""Shapes, dtypes and sizes that do not fit together: TensorFlow's and Keras's messages, read for the two sides."""

from __future__ import annotations

import re
from collections.abc import Callable

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.sides import (
    Sides,
    allowed,
    clashing,
    concatenated,
    dtype_name,
    groups,
    in_graph,
    lacking,
    numbers,
    product,
    too_long,
    window_of,
    wrong_axis,
)
from explorer.core.mistakes.why import WHY
from explorer.model.trace import Message

VOCABULARY = r"indices\[([\d,]*)\] = (-?\d+) is not in \[0, (\d+)\)"
NO_KERNEL = r"attr '\w+' of (\w+) is not in the list of allowed values: ([\w, ]+)"
NO_DEVICE = r"Could not find device for node: [^\n]*?\[T=DT_(\w+)"
_SHAPE = r"(\([^()]*\))"
_LIST = r"(\[[\d,?]*\])"


def clash(text: str) -> Diagnosis | None:
    """What met in an error about shapes, sizes or dtypes; without a place.

    Args:
        text: the message, and whatever else is known.
    """
    for kind, pattern, describe in _PATTERNS:
        match = re.search(pattern, text, re.DOTALL)
        if match:
            what, expected, received = describe(match)
            return Diagnosis(kind, what, WHY.get(kind), expected, received)
    return None


_PATTERNS: tuple[tuple[str, str, Callable[[re.Match[str]], Sides]], ...] = (
    (
        "id_outside_vocabulary", VOCABULARY,
        lambda m: (
            Message("An id points outside of its table (cell {cell}).", {"cell": m[1]}),
            f"0 ... {int(m[3]) - 1}", m[2],
        ),
    ),
    (
        "dtype_unsupported", NO_KERNEL + r".*Op<name=Qr;",
        lambda m: (
            Message("The orthogonal initializer cannot make weights of dtype {dtype}.", {"dtype": dtype_name(m[1])}),
            allowed(m[2]), dtype_name(m[1]),
        ),
    ),
    ("dtype_unsupported", NO_KERNEL, lambda m: lacking(m[1], allowed(m[2]))),
    ("dtype_unsupported", NO_DEVICE, lambda m: lacking(m[1], "float32")),
    (
        "wrong_size",
        r"expected axis (-?\d+) of input shape to have value (\d+), but received input with shape (\([^)]*\))",
        lambda m: wrong_axis(m[1], m[2], m[3]),
    ),
    (
        "wrong_size",
        r"Expected dimension (\d+) at axis (\d+) of the input shaped (\[[\d,]*\]) but got dimension (\d+)",
        lambda m: wrong_axis(m[2], m[1], f"{m[4]} {m[3]}"),
    ),
    (
        "wrong_rank", r"expected (min_ndim|max_ndim|ndim)=(\d+), found ndim=(\d+)\. Full shape received: (\([^)]*\))",
        lambda m: (
            Message("The input has the wrong number of axes."),
            {"min_ndim": ">= ", "max_ndim": "<= ", "ndim": ""}[m[1]] + m[2], f"{m[3]} {m[4]}",
        ),
    ),
    ("matmul_shapes", rf"Matrix size-incompatible: In\[0\]: {_LIST}, In\[1\]: {_LIST}", lambda m: product(m[1], m[2])),
    (
        "matmul_shapes", rf"must be equal, but received `x1\.shape={_SHAPE}` and `x2\.shape={_SHAPE}`",
        lambda m: product(m[1], m[2]),
    ),
    (
        "matmul_shapes",
        r"Dimensions must be equal, but are (\d+) and (\d+) for '[^']*?= (\w*MatMul\w*)\[[^']*' "
        r"with input shapes: ([^\n]*)",
        in_graph,
    ),
    (
        "broadcast_shapes",
        r"Dimensions must be equal, but are (\d+) and (\d+) for '[^']*?= (\w+)\[[^']*' with input shapes: ([^\n]*)",
        in_graph,
    ),
    (
        "concat_shapes",
        rf"(?:ConcatOp|Shapes of all inputs must match)[^\[]*(?:shape|values)\[0\](?:\.shape)? = {_LIST} "
        rf"(?:vs\.|!=) (?:shape|values)\[\d+\](?:\.shape)? = {_LIST}",
        lambda m: concatenated(m[1], m[2]),
    ),
    (
        "concat_shapes",
        r"Dimension \d+ in both shapes must be equal, but are \d+ and \d+\. Shapes are (\S+) and (\S+?)\. ",
        lambda m: concatenated(m[1], m[2]),
    ),
    (
        "concat_shapes",
        rf"except on the `axis` dim\. But found element of shape {_SHAPE}, which is different from the "
        rf"first element's shape {_SHAPE}",
        lambda m: concatenated(m[2], m[1]),
    ),
    (
        "reshape_size", r"Input to reshape is a tensor with (\d+) values, but the requested shape "
        r"(?:has|requires a multiple of) (\d+)",
        lambda m: (Message("A reshape keeps every number, and the two shapes do not hold equally many."), m[1], m[2]),
    ),
    (
        "reshape_size", r"Dimension size must be evenly divisible by (\d+) but is (\d+) for '[^']*= Reshape",
        lambda m: (Message("A reshape keeps every number, and the two shapes do not hold equally many."), m[1], m[2]),
    ),
    ("broadcast_shapes", r"Incompatible shapes: (\[[\d,]*\]) vs\. (\[[\d,]*\])", lambda m: clashing(m[1], m[2])),
    ("broadcast_shapes", rf"[Ii]ncompatible shapes[^()]*{_SHAPE} and {_SHAPE}", lambda m: clashing(m[1], m[2])),
    (
        "broadcast_shapes", r"cannot be broadcasted to \d+\. Input shapes are: (\[[^\]]*\]) and (\[[^\]]*\])",
        lambda m: clashing(m[1], m[2]),
    ),
    (
        "broadcast_shapes", rf"condition {_LIST}, then {_LIST}, and else {_LIST} must be broadcastable",
        lambda m: clashing(m[1] if m[2] == m[3] else m[2], m[3]),
    ),
    ("broadcast_shapes", rf"not broadcast[^()]*{_SHAPE}[^()]*{_SHAPE}", lambda m: clashing(m[1], m[2])),
    (
        "broadcast_shapes", rf"(?:different batch sizes|matching shapes).*?\[{_SHAPE}, {_SHAPE}",
        lambda m: clashing(m[1], m[2]),
    ),
    (
        "broadcast_shapes", r"axis values (\d+) \(at axis \d+\) != (\d+) \(at axis \d+\)",
        lambda m: (
            Message("Two tensors that meet here do not fit together: {axis}.", {"axis": f"{m[1]} ≠ {m[2]}"}), m[1], m[2]
        ),
    ),
    (
        "wrong_size", r"told input_dim=(\d+).*?with (\d+) features",
        lambda m: (
            Message("The input has {size} features, input_dim says {value}.", {"size": m[2], "value": m[1]}), m[1], m[2]
        ),
    ),
    (
        "window_too_large",
        rf"output size would be (?:zero or )?negative.*?inputs shape={_SHAPE}`, `kernel shape={_SHAPE}`, "
        r"`dilation_rate=([^`]*)`",
        lambda m: window_of(m[1], f"({', '.join(map(str, numbers(m[2])[:-2]))})", m[3]),
    ),
    ("window_too_large", r"covers (\d+) cells of an axis that has (\d+)", lambda m: too_long(f"<= {m[2]}", m[1])),
    (
        "window_too_large",
        rf"pooling forward propagation primitive.*shapes: {_SHAPE}.*'pool_size': ([\[(]?[\d, ]+[\])]?)",
        lambda m: window_of(m[1], m[2]),
    ),
    (
        "window_too_large", r"[Nn]egative dimension size caused by subtracting (\d+) from (\d+)",
        lambda m: too_long(f"<= {m[2]}", m[1]),
    ),
    ("groups", r"divisible by the number of groups\. Received groups=(\d+), but the input has (\d+) channels", groups),
    ("groups", r"Number of groups \((\d+)\) must be a multiple of the number of channels \((\d+)\)", groups),
    (
        "wrong_rank", r"Invalid reduction dimension \(?(-?\d+) for input with (\d+) dimension",
        lambda m: (Message("The tensor has no axis of that number."), f"0 ... {int(m[2]) - 1}", m[1]),
    ),
    (
        "wrong_rank", r"axis (-?\d+) is out of bounds for (?:an )?array (?:of|with) dimension (\d+)",
        lambda m: (Message("The tensor has no axis of that number."), f"0 ... {int(m[2]) - 1}", m[1]),
    ),
    (
        "index_outside", r"slice index (-?\d+) of dimension (\d+) out of bounds",
        lambda m: (Message("Axis {axis} has no cell of that number.", {"axis": m[2]}), "", m[1]),
    ),
    (
        "dtype_clash",
        r"cannot compute \w+ as input #\d+\(zero-based\) was expected to be an? (\w+) tensor but is an? (\w+) ",
        lambda m: (Message("Two tensors of different dtypes meet here."), dtype_name(m[1]), dtype_name(m[2])),
    ),
    (
        "dtype_clash", r"Op has type (\w+) that does not match type (\w+) of argument",
        lambda m: (Message("Two tensors of different dtypes meet here."), m[2], m[1]),
    ),
    (
        "out_of_memory", r"(?:\bOOM\b|ResourceExhausted|MemoryError)",
        lambda m: (Message("That needs more memory than one run may take."), "", ""),
    ),
)  # fmt: skip
