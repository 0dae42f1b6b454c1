"""Which operand fills which parameter: by the signature of the function that ran, as Python itself would bind them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from explorer.model.trace import Operand, Step

SAME_NAME = {
    "inputs": "x", "input": "x", "input_tensor": "x", "tensor": "x", "array": "x", "images": "x", "features": "x",
    "logits": "x", "data": "x", "values": "x", "value": "x", "a": "x1", "b": "x2", "y": "x2", "weights": "kernel",
    "filters": "kernel", "filter": "kernel", "params": "x", "dims": "axis", "keep_dims": "keepdims",
    "newshape": "shape", "perm": "axes", "xs": "x", "arrays": "x", "pool_size": "size", "ksize": "size",
    "clip_value_min": "x_min", "clip_value_max": "x_max", "ary": "x", "object": "x", "t": "x",
    "negative_slope": "slope", "alpha": "slope", "element": "x", "depthwise_kernel": "kernel",
    "pointwise_filter": "pointwise_kernel", "depthwise_filter": "kernel", "rates": "dilation_rate",
    "variance_epsilon": "epsilon", "dilations": "dilation_rate", "equation": "subscripts", "batch_axes": "batch_dims",
    "ord": "order", "reduction_indices": "axis", "axis_": "axis", "transpose_x": "transpose_a", "adj_x": "transpose_a",
    "adj_y": "transpose_b", "adjoint_a": "transpose_a", "adjoint_b": "transpose_b", "num_or_size_splits": "sections",
    "indices_or_sections": "sections", "paddings": "pad_width", "multiples": "repeats",
    "begin": "start_indices", "input_": "x", "segment_ids": "segments", "diagonal": "x2",
}  # fmt: skip
"""Names of parameters that mean the same in Keras, TensorFlow and NumPy."""
_FIRST = {"x": 0, "x1": 0, "x2": 1}
"""What an operation works on comes first, whatever its parameter is called."""


@dataclass(frozen=True)
class Signature:
    """The parameters of a function.

    Attributes:
        names: those that take one operand, in order.
        star: the one that takes as many as there are, or "".
        last: those behind it that must be given: they take the last operands.
        defaults: texts of what is used if nothing is given.
    """

    names: tuple[str, ...] = ()
    star: str = ""
    last: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)


@functools.lru_cache(maxsize=4096)
def parsed(text: str) -> Signature:
    """A signature as a step tells it; one without parameters if it tells none."""
    try:
        lambda_ = ast.parse(f"lambda {text}: 0", mode="eval").body
    except SyntaxError:
        return Signature()
    assert isinstance(lambda_, ast.Lambda)
    told = lambda_.args
    names = [one.arg for one in (*told.posonlyargs, *told.args)]
    behind = dict(zip(names[len(names) - len(told.defaults) :], told.defaults, strict=True))
    only = dict(zip([one.arg for one in told.kwonlyargs], told.kw_defaults, strict=True))
    given = behind | {name: default for name, default in only.items() if default is not None}
    texts = {name: ast.unparse(default) for name, default in given.items()}
    star = told.vararg.arg if told.vararg else ""
    last = tuple(name for name, default in only.items() if default is None)
    return Signature((*names, *(name for name in only if name in given)), star, last, texts)


@dataclass(frozen=True)
class Bound:
    """The operands of one step by the names of the parameters.

    Attributes:
        named: what each parameter got; defaults are left out.
        starred: what the one with a star got.
        placed: operands whose parameters are not known, in order.
        signature: the parameters.
    """

    named: Mapping[str, Operand]
    starred: Sequence[Operand]
    placed: Sequence[Operand]
    signature: Signature

    def find(self, name: str, position: int | None = None) -> Operand | None:
        """The operand of a parameter, by its own name, by one that means the same, or by its place; else its default.

        None given where None is the default counts as not given.
        """
        parameter = self._parameter(name, position)
        if parameter is None and position is not None and position < len(self.placed):
            return self.placed[position]
        default = self.signature.defaults.get(parameter or "", "None")
        found = self.named.get(parameter or "")
        if found is None and default not in ("None", "..."):
            return Operand(name, (), default)
        return None if found and not found.tensors and found.text == default == "None" else found

    def _parameter(self, name: str, position: int | None) -> str | None:
        known = [*self.signature.names, *self.signature.last, *self.named]
        if name in known:
            return name
        alike = [one for one in known if SAME_NAME.get(one) == name and (name != "x2" or one != known[0])]
        if alike:
            return next((one for one in alike if one in self.named), alike[0])
        plain = [one for one in self.signature.names if one != "self" or one in self.named]
        place = _FIRST.get(name, len(plain)) if position is None or name not in _FIRST else position
        return plain[place] if place < len(plain) else None


def bind(step: Step) -> Bound:
    """Every operand of a step at its parameter."""
    signature = parsed(step.signature)
    named = {operand.name: operand for operand in step.operands if operand.name}
    placed = [operand for operand in step.operands if not operand.name]
    if not step.signature:
        return Bound(named, (), placed, signature)
    behind = [name for name in signature.last if name not in named]
    cut = len(placed) - len(behind) if signature.star else len(placed)
    named |= zip(behind, placed[cut:], strict=False)
    free = [name for name in signature.names if name != "self" and name not in named]
    if signature.star:  # what is behind a star is never filled by order
        free = [name for name in free if name not in signature.defaults or _before_star(step, name)]
    named |= zip(free, placed[:cut], strict=False)
    rest = placed[len(free) : cut]
    return Bound(named, rest if signature.star else (), () if signature.star else rest, signature)


def _before_star(step: Step, name: str) -> bool:
    head = step.signature.split("*")[0]
    return name in parsed(head.rstrip(", ")).names
