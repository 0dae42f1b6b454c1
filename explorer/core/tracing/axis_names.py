"""The names of axes, and the scale of colours, follow the tensors through the call.

A tensor that no card speaks of takes the names of what it was made of, as far as the operations keep, drop or move
axes; where they do not tell, the axes stay numbered: a number claims nothing. The same numbers keep their colours.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from explorer.arithmetic.names import short_name
from explorer.arithmetic.registry import explainer_of
from explorer.model.trace import Frame, Operand, Step, Tensor, Trace, with_values

Names = tuple[str, ...]
_NUMBERED = re.compile(r"axis \d+")
_CELLWISE = ("explorer.arithmetic.elementwise", "explorer.arithmetic.binary")
"""Where the operations are explained that read the cell in the same place."""
_KEEP = frozenset({
    "cast", "convert_to_tensor", "identity", "stop_gradient", "copy", "conv", "conv_transpose",
    "depthwise_conv", "separable_conv", "max_pool", "average_pool", "adaptive_max_pool",
    "adaptive_average_pool", "batch_normalization", "layer_normalization", "rms_normalization", "softmax",
    "log_softmax", "linear", "dropout", "pad", "normalize", "flip", "cumsum", "cumprod",
})  # fmt: skip
"""Operations whose result has the axes of their first tensor."""
_SAME_NUMBERS = frozenset({
    "cast", "convert_to_tensor", "identity", "stop_gradient", "copy", "reshape", "expand_dims", "squeeze",
    "transpose", "swapaxes", "moveaxis", "flip", "repeat", "tile", "broadcast_to", "list", "tuple", "linear",
    "[]", "getitem",
})  # fmt: skip
"""Operations that hand numbers on, and compute none."""
_SAME_CELLS = frozenset({"cast", "convert_to_tensor", "identity", "reshape", "expand_dims", "broadcast_to"})
"""Those of them that keep the order, too."""
_REDUCE = frozenset(
    {"sum", "mean", "max", "min", "prod", "any", "all", "var", "std", "logsumexp", "argmax", "argmin", "norm"}
)
_SAME_ORDER = ("expand_dims", "squeeze")
_BY_FEATURE = frozenset({"batch_normalization", "layer_normalization", "rms_normalization"})
"""Operations that take a vector with a number for each feature."""
_KERNELS = {
    "conv": ("channels", "filters"),
    "conv_transpose": ("filters", "channels"),
    "depthwise_conv": ("channels", "multiplier"),
}
"""What the last two axes of a kernel are; those before them are the picture's."""


def followed(trace: Trace) -> Trace:
    """The trace, with names for numbered axes wherever the call tells them."""
    follower = _Follower(trace)
    for frame in trace.frames:
        follower.walk(frame)
    return dataclasses.replace(
        trace,
        weights=tuple(map(follower.named, trace.weights)),
        outputs=tuple(map(follower.named, trace.outputs)),
        others=tuple(map(follower.named, trace.others)),
        frames=tuple(with_values(frame, follower.named) for frame in trace.frames),
    )


class _Follower:
    def __init__(self, trace: Trace) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.names: dict[int, Names] = {}  # by array: the same array under another name has the same axes
        self.scales: dict[int, str] = {}
        self.before: dict[int, Tensor] = {}  # by array: the vector that it was made of, number for number
        for tensor in (*trace.inputs, *trace.mask, *trace.weights, *trace.others, *trace.outputs):
            self.tensors[tensor.id] = tensor
            if tensor.role != "output" and _told(tensor.axes):
                self.names.setdefault(id(tensor.value), tensor.axes)
            if tensor.scale != "signed":
                self.scales.setdefault(id(tensor.value), tensor.scale)

    def walk(self, frame: Frame) -> None:
        """Take the steps in the order in which they were evaluated: a call's own lines before its value."""
        for number, step in enumerate(frame.steps):
            for child in frame.children:
                if child.called_from == number:
                    self.walk(child)
            self.take(step)
        for child in frame.children:
            if child.called_from >= len(frame.steps):
                self.walk(child)

    def take(self, step: Step) -> None:
        for tensor in step.values:
            self.tensors[tensor.id] = tensor
            self._take_scale(step, tensor)
            self._take_origin(step, tensor)
            if id(tensor.value) in self.names:
                continue
            if _told(tensor.axes):
                self.names[id(tensor.value)] = tensor.axes
                continue
            names = self._made(step, tensor) if len(step.values) == 1 else ()
            if len(names) == tensor.value.ndim and _told(names):
                self.names[id(tensor.value)] = tuple(name or f"axis {at}" for at, name in enumerate(names))

    def _take_scale(self, step: Step, tensor: Tensor) -> None:
        source = next(iter(self._given(step)), None)
        handed_on = source is not None and short_name(step.operation) in _SAME_NUMBERS
        scale = self.scales.get(id(source.value)) if source is not None and handed_on else None
        if tensor.scale != "signed" or scale:
            self.scales.setdefault(id(tensor.value), tensor.scale if tensor.scale != "signed" else str(scale))

    def _take_origin(self, step: Step, tensor: Tensor) -> None:
        source = next(iter(self._given(step)), None)
        if source is not None and short_name(step.operation) in _SAME_CELLS and source.value.ndim == 1:
            same = source.value.size == tensor.value.size and source.value is not tensor.value
            if same:
                self.before.setdefault(id(tensor.value), source)

    def _given(self, step: Step) -> list[Tensor]:
        """The recorded tensors that operands are, one by one; those in lists are left out."""
        names = [operand.tensors[0] for operand in step.operands if len(operand.tensors) == 1]
        return [self.tensors[name] for name in names if name in self.tensors]

    def _made(self, step: Step, tensor: Tensor) -> Names:
        given = self._given(step)
        operation = short_name(step.operation)
        if not given:
            return ()
        if operation in _KERNELS and len(given) > 1:
            self._name_kernel(given[1], self.of(given[0]), _KERNELS[operation])
        if operation in _BY_FEATURE:
            self._name_features(given, step.operands)
        explainer = explainer_of(step.operation)
        if explainer is not None and explainer.__module__ in _CELLWISE:
            return self._cellwise(given, tensor)
        first = given[0]
        if operation in ("matmul", "@", "dot") and len(given) == 2 and given[1].value.ndim == 2 and first.value.ndim:
            return (*self.of(first)[:-1], self.of(given[1])[-1])
        if operation in _KEEP:
            return self.of(first) if first.value.ndim == tensor.value.ndim else ()
        rule = _RULES.get(operation)
        return rule(self.of(first), first, tensor, step.operands) if rule else ()

    def of(self, tensor: Tensor) -> Names:
        """The names of a tensor's axes, "" for those that have none."""
        names = self.names.get(id(tensor.value), tensor.axes)
        if len(names) != tensor.value.ndim:
            return ("",) * tensor.value.ndim
        return tuple("" if _NUMBERED.fullmatch(name) else name for name in names)

    def _cellwise(self, given: Iterable[Tensor], tensor: Tensor) -> Names:
        """Each axis from the first operand that has a name for it and is as long there."""
        names = [""] * tensor.value.ndim
        given = list(given)
        for operand in given:
            extra = tensor.value.ndim - operand.value.ndim
            for at, name in enumerate(self.of(operand) if extra >= 0 else ()):
                if not names[extra + at] and operand.value.shape[at] == tensor.value.shape[extra + at]:
                    names[extra + at] = name
        for operand in given:
            self._name_vector(operand, names, tensor)
        return tuple(names)

    def _name_vector(self, vector: Tensor, names: Sequence[str], met: Tensor) -> None:
        """A vector without a name for its axis that meets a larger tensor runs along that one's last axis."""
        shape = vector.value.shape
        if shape and shape[-1] == vector.value.size == met.value.shape[-1] < met.value.size and names[-1]:
            self._name(vector, (*(f"axis {at}" for at in range(len(shape) - 1)), names[-1]))

    def _name_features(self, given: Sequence[Tensor], operands: tuple[Operand, ...]) -> None:
        """The vectors that normalize a tensor run along the axis of its features."""
        names = self.of(given[0])
        axis = _option(operands, "axis", 3)
        axis = axis if type(axis) is int and -len(names) <= axis < len(names) else -1
        for vector in given[1:]:
            if names and names[axis] and vector.value.shape == (given[0].value.shape[axis],):
                self._name(vector, (names[axis],))

    def _name(self, tensor: Tensor, names: Names) -> None:
        """Name a vector's axes, and those of the vector that it was before a cast or a reshape."""
        if not _told(self.of(tensor)):
            self.names[id(tensor.value)] = names
        before = self.before.get(id(tensor.value))
        if before is not None and before.value.ndim == 1:
            self._name(before, names[-1:])

    def _name_kernel(self, kernel: Tensor, picture: Names, last: Names) -> None:
        space = tuple(name for name in picture if name not in ("batch", "channels", "features"))
        if kernel.value.ndim == len(space) + 2 and not _told(self.of(kernel)) and all(space):
            self.names[id(kernel.value)] = (*space, *last)

    def named(self, tensor: Tensor) -> Tensor:
        """The tensor with what is known of its axes and its scale; what a card says of it stays."""
        names = self.names.get(id(tensor.value), ())
        if _told(tensor.axes, beyond="batch") or len(names) != tensor.value.ndim:
            names = tensor.axes
        scale = self.scales.get(id(tensor.value), "signed") if tensor.scale == "signed" else tensor.scale
        if (names, scale) == (tensor.axes, tensor.scale):
            return tensor
        return dataclasses.replace(tensor, axes=names, scale=scale)


def _told(names: Names, beyond: str = "") -> bool:
    """Whether any axis has a name that is no number."""
    return any(name and name != beyond and not _NUMBERED.fullmatch(name) for name in names)


def _reduced(names: Names, first: Tensor, made: Tensor, operands: tuple[Operand, ...]) -> Names:
    """Without the axes that were summed over; a kept axis of one cell keeps its name."""
    if first.value.ndim == made.value.ndim:
        return names
    axes = _option(operands, "axis", 1)
    axes = axes if isinstance(axes, (list, tuple)) else (axes,)
    if not all(type(axis) is int and -len(names) <= axis < len(names) for axis in axes):
        return ()
    gone = {axis % len(names) for axis in axes}
    return tuple(name for at, name in enumerate(names) if at not in gone)


def _in_order(names: Names, first: Tensor, made: Tensor, operands: tuple[Operand, ...]) -> Names:
    """Where only axes of one cell came or went, the others keep their names in their order."""
    old = [(size, name) for size, name in zip(first.value.shape, names, strict=True) if size != 1]
    if [size for size, _ in old] != [size for size in made.value.shape if size != 1]:
        return ()
    rest = iter(name for _, name in old)
    return tuple("" if size == 1 else next(rest) for size in made.value.shape)


def _reshaped(names: Names, first: Tensor, made: Tensor, operands: tuple[Operand, ...]) -> Names:
    """The axes before and behind those that were joined or split are as they were."""
    in_order = _in_order(names, first, made, operands)
    if in_order:
        return in_order
    old, new = first.value.shape, made.value.shape
    most = min(len(old), len(new))
    head = next((at for at in range(most) if old[at] != new[at]), most)
    tail = next((at for at in range(most - head) if old[-1 - at] != new[-1 - at]), most - head)
    return (*names[:head], *[""] * (len(new) - head - tail), *names[len(names) - tail :])


def _transposed(names: Names, first: Tensor, made: Tensor, operands: tuple[Operand, ...]) -> Names:
    order = _option(operands, "axes", 1) or _option(operands, "perm", 1)
    if not isinstance(order, (list, tuple)) or sorted(order) != list(range(len(names))):
        return ()
    return tuple(names[axis] for axis in order)


def _option(operands: tuple[Operand, ...], name: str, position: int) -> Any:
    """A setting of a call, from its text: by keyword, else by its place."""
    positional = [operand for operand in operands if not operand.name]
    found = next((operand for operand in operands if operand.name == name), None)
    found = found or (positional[position] if len(positional) > position else None)
    try:
        return ast.literal_eval(found.text) if found is not None else None
    except (ValueError, SyntaxError):
        return None


_Rule = Callable[[Names, Tensor, Tensor, tuple[Operand, ...]], Names]
_RULES: dict[str, _Rule] = {
    **dict.fromkeys(_REDUCE, _reduced),
    **dict.fromkeys(_SAME_ORDER, _in_order),
    "reshape": _reshaped,
    "transpose": _transposed,
}
