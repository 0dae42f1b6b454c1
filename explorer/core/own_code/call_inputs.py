"""What the call of a typed layer takes, read from its signature and its source; and which inputs to try on it."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras

from explorer.core.catalog.derive import signature
from explorer.core.mistakes.reading import Reading
from explorer.core.mistakes.syntax import self_attribute
from layers.card import Field, Input

How = Literal["one", "spread", "list", "keywords", "dictionary"]
MOST_INPUTS = 6
"""So many inputs are found at most."""
_GIVEN_BY_KERAS = ("mask", "training")
_BATCH = re.compile(r"(?i)^(b|n|bs|none|batch\w*|batch size|samples|nb_samples|\?)$")
_SHAPE_TEXT = re.compile(r"[(\[]\s*([A-Za-z_?][\w ]*(?:,\s*[\w*/ ]+)*)\s*,?\s*[)\]]")


@dataclass(frozen=True)
class Taken:
    """What a call takes.

    Attributes:
        names: of the tensors, as the code has them.
        how: "one" tensor, several as "spread" arguments, as a "list", by "keywords", or in a "dictionary".
        rank: how many axes the first of them has, as far as the code tells; 0 if it does not.
    """

    names: tuple[str, ...]
    how: How
    rank: int = 0


def taken_by(reading: Reading) -> Taken:
    """What the call of a class takes."""
    parameters = list(signature(reading.layer_class.call).parameters.values())[1:]  # type: ignore[attr-defined]
    needed = [p for p in parameters if p.default is p.empty and not _given_by_keras(p.name, parameters)]
    named = [p.name for p in needed if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    keywords = [p.name for p in needed if p.kind is p.KEYWORD_ONLY]
    if not named and not keywords:  # call(self, x=None), call(self, *inputs)
        named = [p.name for p in parameters if not _given_by_keras(p.name, parameters) and p.kind != p.VAR_KEYWORD][:1]
    spread = any(p.kind is p.VAR_POSITIONAL and p.name in named for p in parameters)
    names = tuple([*named, *keywords][:MOST_INPUTS])
    rank = _rank(reading, names[0]) if names else 0
    if keywords:
        return Taken(names, "keywords", rank)
    if len(names) > 1:
        return Taken(names, "spread", rank)
    if not names:
        return Taken(("x",), "one", rank)
    keys, several = _entries(reading, names[0])
    if keys:
        return Taken(tuple(sorted(keys)), "dictionary", rank)
    if several:
        return Taken(several, "spread" if spread else "list", rank)
    return Taken(names, "one", rank)


def _given_by_keras(name: str, parameters: Sequence[inspect.Parameter]) -> bool:
    """Whether Keras gives the argument: the flag, and the mask of another one."""
    others = [p.name for p in parameters]
    return name in _GIVEN_BY_KERAS or (name.endswith("_mask") and name.removesuffix("_mask") in others)


def _entries(reading: Reading, argument: str) -> tuple[list[str], tuple[str, ...]]:
    """Keys by which the call takes its argument apart, and the names of what it unpacks it into."""
    keys: dict[str, None] = {}
    at: dict[int, str] = {}
    unpacked: tuple[str, ...] = ()
    method = reading.methods.get("call")
    for node in method.nodes if method else ():
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Tuple, ast.List)):
            parts = node.targets[0].elts
            if _is(node.value, argument) and all(isinstance(part, ast.Name) for part in parts):
                unpacked = unpacked or tuple(getattr(part, "id", "") for part in parts)
        key = _key(node, argument)
        if isinstance(key, str):
            keys[key] = None
        elif isinstance(key, int) and 0 <= key < MOST_INPUTS:
            at.setdefault(key, f"{argument}_{key}")
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            key = _key(node.value, argument)
            if isinstance(key, int) and 0 <= key < MOST_INPUTS:
                at[key] = node.targets[0].id
    if len(at) > 1 and not unpacked:
        unpacked = tuple(at.get(place, f"{argument}_{place}") for place in range(max(at) + 1))
    if len(set(unpacked)) != len(unpacked):
        unpacked = tuple(f"{argument}_{place}" for place in range(len(unpacked)))
    return list(keys)[:MOST_INPUTS], unpacked[:MOST_INPUTS]


_TAKE_ONLY_SEVERAL = ("zip", "enumerate", "concatenate", "concat", "stack", "add_n", "reduce")
_MAY_TAKE_SEVERAL = ("len", "sum", "list", "tuple", "isinstance", "add", "multiply", "average", "maximum")


def _takes_several(reading: Reading, argument: str) -> Literal["surely", "maybe", "no"]:
    """Whether the call does with its argument what is done with a list: loops over it, joins it, asks for its kind."""
    maybe = False
    method = reading.methods.get("call")
    for node in method.nodes if method else ():
        if isinstance(node, (ast.For, ast.comprehension)) and _is(node.iter, argument):
            return "surely"
        if isinstance(node, ast.Starred) and _is(node.value, argument):
            return "surely"
        if isinstance(node, ast.Call) and node.args and _is(node.args[0], argument):
            named = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if named in _TAKE_ONLY_SEVERAL:
                return "surely"
            maybe = maybe or named in _MAY_TAKE_SEVERAL or bool(self_attribute(node.func))
            maybe = maybe or isinstance(node.func, ast.Call)
    return "maybe" if maybe else "no"


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _key(node: ast.AST, argument: str) -> object:
    """ "image" of `inputs["image"]` and of `inputs.get("image")`, 1 of `inputs[1]`; None of anything else."""
    if isinstance(node, ast.Subscript) and _is(node.value, argument) and isinstance(node.slice, ast.Constant):
        return node.slice.value
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"
    if called and _is(node.func.value, argument) and node.args and isinstance(node.args[0], ast.Constant):  # type: ignore[attr-defined]
        return node.args[0].value  # type: ignore[attr-defined]
    return None


# ------------------------------------------------------------------------------------------------ the rank
_OF_RANK = {
    "Conv1D": 3,
    "LSTM": 3,
    "GRU": 3,
    "SimpleRNN": 3,
    "MultiHeadAttention": 3,
    "Attention": 3,
    "Conv2D": 4,
    "AdditiveAttention": 3,
    "MaxPooling1D": 3,
    "AveragePooling1D": 3,
    "GlobalAveragePooling1D": 3,
    "MaxPooling2D": 4,
    "AveragePooling2D": 4,
    "GlobalAveragePooling2D": 4,
    "DepthwiseConv2D": 4,
    "SeparableConv2D": 4,
    "Conv2DTranspose": 4,
    "UpSampling2D": 4,
    "Conv3D": 5,
    "conv1d": 3,
    "conv2d": 4,
    "max_pool2d": 4,
    "avg_pool2d": 4,
    "Embedding": 2,
    "Bidirectional": 3,
    "TimeDistributed": 3,
    "depthwise_conv2d": 4,
}


def _rank(reading: Reading, argument: str) -> int:
    """How many axes the first tensor has: what unpacks or indexes its shape, permutes or slices it tells."""
    exact: list[int] = []
    least: list[int] = []
    for name in ("build", "call", "compute_output_shape"):
        method = reading.methods.get(name)
        if method is None:
            continue
        first = method.parameters[1].arg if len(method.parameters) > 1 else argument
        shape_names = {first} if name != "call" else set()
        for node in method.nodes:
            if isinstance(node, ast.Assign) and _is_shape(node.value, first, shape_names):
                target = node.targets[0]
                if isinstance(target, (ast.Tuple, ast.List)) and not any(
                    isinstance(part, ast.Starred) for part in target.elts
                ):
                    exact.append(len(target.elts))
                elif isinstance(target, ast.Name):
                    shape_names.add(target.id)
            elif isinstance(node, ast.Subscript):
                index = node.slice
                if _is_shape(node.value, first, shape_names) and isinstance(index, ast.Constant):
                    least += [index.value + 1] if type(index.value) is int else []
                elif name == "call" and _is(node.value, first) and isinstance(index, ast.Tuple):
                    news = sum(isinstance(part, ast.Constant) and part.value is None for part in index.elts)
                    dots = sum(isinstance(part, ast.Constant) and part.value is Ellipsis for part in index.elts)
                    least.append(len(index.elts) - news - dots)
            elif isinstance(node, ast.Call) and node.args and _is(node.args[0], first):
                exact += _permuted(node)
    used = [_OF_RANK[word] for word in _words(reading) if word in _OF_RANK]
    found = next(iter(exact), 0) or max([*least, *used[:1], 0])
    return found if found > 2 else 0  # that there is a second axis tells nothing


def _is_shape(node: ast.AST, argument: str, shapes: set[str]) -> bool:
    """Whether an expression is the argument's shape: `x.shape`, `ops.shape(x)`, a name it was given."""
    if isinstance(node, ast.Name):
        return node.id in shapes
    if isinstance(node, ast.Attribute):
        return node.attr == "shape" and _is(node.value, argument)
    if isinstance(node, ast.Call):
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr in ("as_list", "get_shape"):
            return _is_shape(called.value, argument, shapes) or _is(called.value, argument)
        named = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        return (
            named in ("shape", "int_shape", "tuple", "list")
            and bool(node.args)
            and (_is(node.args[0], argument) or _is_shape(node.args[0], argument, shapes))
        )
    return False


def _permuted(call: ast.Call) -> list[int]:
    named = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if named not in ("transpose", "permute_dimensions"):
        return []
    orders = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
    return [len(order.elts) for order in orders if isinstance(order, (ast.Tuple, ast.List))]


def _words(reading: Reading) -> Iterator[str]:
    """The names of everything that a class calls."""
    for method in reading.methods.values():
        for node in method.nodes:
            if isinstance(node, ast.Call) and not self_attribute(node.func):
                yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


# ------------------------------------------------------------------------------------------------ what to try
_STEPS = ("time", "features")
_GRID = ("height", "width", "channels")
_USUAL = (
    Input("x", (4, 6), ("features",)),
    Input("x", (2, 5, 4), _STEPS),
    Input("x", (1, 8, 8, 3), _GRID, "image"),
    Input("x", (2, 6, 4), _STEPS),
    Input("x", (4, 4), ("features",)),
    Input("x", (1, 8, 8, 1), _GRID, "image"),
    Input("x", (2, 4, 8), _STEPS),
    Input("x", (1, 4, 6, 6, 2), ("depth", *_GRID)),
    Input("x", (2, 4), ("features",)),
    Input("x", (6,), ()),
)
_TOKENS = Input("x", (2, 5), ("time",), "tokens", {"vocabulary": 4}, "int32")
MOST_TRIED = 24
"""So many inputs are tried at most."""


def candidates(reading: Reading, taken: Taken, fields: Sequence[Field]) -> list[tuple[Taken, tuple[Input, ...]]]:
    """Inputs to try, the likeliest first: each with the way in which the call takes it."""
    one = [*_documented(reading), *_specified(reading, fields), *_ordered(reading, taken, fields)]
    ways = [(taken, option) for option in one]
    found = [(way, _named(way, option)) for way, option in ways]
    if len(taken.names) > 1:
        found += [(taken, inputs) for inputs in _uneven(taken, fields)]
    elif taken.how == "one" and (several := _takes_several(reading, taken.names[0])) != "no":
        pair = dataclasses.replace(taken, names=tuple(f"{taken.names[0]}_{place}" for place in range(2)), how="list")
        at = 0 if several == "surely" else min(6, len(found))
        found[at:at] = [(pair, _named(pair, option)) for option in one[:2]]
    return found[:MOST_TRIED]


def _named(taken: Taken, option: Input) -> tuple[Input, ...]:
    return tuple(dataclasses.replace(option, name=name) for name in taken.names)


def _ordered(reading: Reading, taken: Taken, fields: Sequence[Field]) -> list[Input]:
    """The usual inputs, and those whose sizes are the constructor's numbers: those of the right rank first."""
    sizes = [f.default for f in fields if f.kind == "integer" and type(f.default) is int and 1 < f.default <= 1024]
    sizes = list(dict.fromkeys(sizes))[:4]
    sized = [Input("x", (4, size), ("features",)) for size in sizes]
    sized += [Input("x", pair, ("features",)) for pair in itertools.permutations(sizes[:3], 2)]
    sized += [Input("x", (2, 5, size), _STEPS) for size in sizes]
    sized += [Input("x", (2, size, 4), _STEPS) for size in sizes[:2]]
    words = set(_words(reading))
    tokens = bool(words & {"Embedding", "one_hot", "gather", "embedding_lookup", "take"})
    options = [*([_TOKENS] if tokens else []), *_USUAL[:2], *sized, *_USUAL[2:], *([] if tokens else [_TOKENS])]
    if not taken.rank:
        return options
    return sorted(options, key=lambda option: (len(option.shape) != taken.rank, abs(len(option.shape) - taken.rank)))


def _uneven(taken: Taken, fields: Sequence[Field]) -> Iterator[tuple[Input, ...]]:
    """Several inputs of different shapes: a sequence beside features, a picture beside features, a state."""
    first, *others = taken.names
    for one, rest in (
        ((2, 5, 4), (2, 4)),
        ((1, 8, 8, 3), (1, 4)),
        ((2, 4), (2, 5, 4)),
        ((4, 6), (4, 1)),
        ((4, 6), (4,)),
    ):
        axes = {2: ("features",), 3: _STEPS, 4: _GRID}
        yield (
            Input(first, one, axes.get(len(one), ())),
            *(Input(name, rest, axes.get(len(rest), ())) for name in others),
        )


def _documented(reading: Reading) -> list[Input]:
    """The input whose shape a docstring states: "(batch, time, features)", "(None, 28, 28, 1)"."""
    call = getattr(reading.layer_class, "call", None)
    text = "\n".join(str(getattr(thing, "__doc__", "") or "") for thing in (reading.layer_class, call))
    usual = {"time": 5, "timesteps": 5, "steps": 5, "length": 5, "height": 8, "width": 8, "h": 8, "w": 8, "t": 5}
    usual |= {"channels": 3, "rows": 8, "cols": 8, "seq_len": 5, "sequence_length": 5}
    for match in _SHAPE_TEXT.finditer(text[:20_000]):
        parts = [part.strip() for part in match[1].split(",")]
        if len(parts) < 2 or len(parts) > 6 or not _BATCH.match(parts[0]):
            continue
        sizes = [int(part) if part.isdigit() else usual.get(part.lower(), 4) for part in parts[1:]]
        names = tuple("" if part.isdigit() else part for part in parts[1:])
        if all(0 < size <= 512 for size in sizes):
            axes = names if all(name.isidentifier() for name in names) else ()
            return [Input("x", (2, *sizes), axes)]
    return []


def _specified(reading: Reading, fields: Sequence[Field]) -> list[Input]:
    """The input that `self.input_spec = InputSpec(ndim=3)` asks for, where it is written with numbers."""
    for _, name, node in reading.assignments("__init__"):
        value = getattr(node, "value", None)
        if name != "input_spec" or value is None:
            continue
        found = {k.arg: k.value for call in ast.walk(value) if isinstance(call, ast.Call) for k in call.keywords}
        for key in ("ndim", "min_ndim"):
            rank = found.get(key)
            if isinstance(rank, ast.Constant) and type(rank.value) is int and 1 <= rank.value <= 5:
                return [option for option in _USUAL if len(option.shape) == rank.value]
    return []


def as_tensors(inputs: Sequence[Input]) -> list[Any]:
    """Plain numbers of the inputs' shapes, to try a call with."""
    return [keras.ops.ones(one.shape, "int32" if one.dtype == "int32" else "float32") for one in inputs]
