"""Recipes for input tensors, and the arrays they make. NumPy only.

A recipe is a few words ("constant 6, shape 10x10") that give the same array everywhere; a link holds the recipe, not
the array. Sizes are checked before memory is taken.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.model.problem import Problem, Repair, brief
from explorer.model.trace import Message
from layers.card import Field, Input

MAX_CELLS = 4_194_304
MAX_RANK = 8
MAX_INPUTS = 16
"""How many inputs a call may have."""
REACHING = "reaching"
"""The kind of recipe that takes what reaches a layer where it stands in its model: whoever has the model makes it."""
MAX_INTEGER = 2**53 - 1
"""The largest whole number of a parameter: a browser's numbers are float64, which miss some larger ones."""
FLOAT_DTYPES = ("float32", "float64", "float16", "bfloat16")
_WORDS = {"nan": math.nan, "inf": math.inf, "+inf": math.inf, "-inf": -math.inf}


@dataclass(frozen=True)
class Recipe:
    """How to make one input.

    Attributes:
        kind: a key of `KINDS`.
        shape: the shape to make, batch axis included.
        options: what the kind takes, see `KINDS`; options left out take their defaults.
    """

    kind: str
    shape: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The inverse of `from_json`."""
        return {"kind": self.kind, "shape": list(self.shape), **self.options}

    @classmethod
    def from_json(cls, value: Any, where: str = "inputs") -> Recipe:
        """A recipe from its JSON form, checked.

        Raises:
            Problem: if the kind, the shape or an option is not what it should be.
        """
        if isinstance(value, Recipe):
            value = value.to_json()
        if not isinstance(value, Mapping):
            raise Problem(
                "An input is described by a recipe.",
                expected='{"kind": "constant", "shape": [2, 3], "value": 6}',
                received=brief(value),
                where=where,
            )
        options = dict(value)
        kind = options.pop("kind", None)
        if not isinstance(kind, str) or kind not in KINDS:
            raise Problem(
                "There is no input recipe of that name.", expected=", ".join(KINDS), received=brief(kind), where=where
            )
        shape = checked_shape(options.pop("shape", None), where)
        return cls(kind, shape, KINDS[kind].checked(options, where))


def checked_recipes(value: Any, where: str = "inputs") -> tuple[Recipe, ...]:
    """The recipes of several inputs from their JSON forms.

    Raises:
        Problem: if it is no list of recipes, or too long.
    """
    if not isinstance(value, (list, tuple)) or len(value) > MAX_INPUTS:
        raise Problem("Inputs are a list of recipes.", '[{"kind": "ones", "shape": [2, 2]}]', brief(value), where)
    return tuple(Recipe.from_json(recipe, f"{where}.{position}") for position, recipe in enumerate(value))


def default_recipe(spec: Input) -> Recipe:
    """The recipe that a card's input starts with."""
    return Recipe.from_json({"kind": spec.recipe, "shape": list(spec.shape), **spec.options})


@dataclass(frozen=True)
class Kind:
    """One kind of recipe: how it fills a shape, and the options it takes.

    Attributes:
        make: `(shape, options, generator) -> array` of float64, int64, bool or str.
        title: what the reader picks.
        fields: its options.
    """

    make: Callable[[tuple[int, ...], Mapping[str, Any], np.random.Generator], np.ndarray]
    title: str
    fields: tuple[Field, ...] = ()

    def checked(self, options: Mapping[str, Any], where: str) -> dict[str, Any]:
        """The options, each of the right type.

        Raises:
            Problem: on an unknown name, a wrong type or a value out of bounds.
        """
        known = {f.name: f for f in self.fields}
        for name in options:
            if name not in known:
                raise Problem("This recipe has no such option.", ", ".join(known) or "-", str(name)[:80], where)
        checked = {name: checked_value(known[name], value, where) for name, value in options.items()}
        if "values" in checked:
            _flat(checked["values"], where)
        return checked


def materialise(
    recipe: Recipe,
    dtype: str,
    seed: int,
    position: int = 0,
    attachments: Mapping[str, np.ndarray] | None = None,
    axes: Sequence[str] = (),
) -> np.ndarray:
    """The array that a recipe makes.

    Args:
        recipe: what to make.
        dtype: "float32", "int32", "bool", "string", ...; "bfloat16" gives float32 (Keras casts it).
        seed: the experiment's seed; random recipes draw from `default_rng([seed, position])`.
        position: which input this is, so that two random inputs differ.
        attachments: arrays of uploaded files by their content hash.
        axes: names of the axes, where they are known: a picture is put on those called height, width and channels.
    Raises:
        Problem: if the values cannot be made or do not fit the dtype.
    """
    checked_shape(recipe.shape, f"inputs.{position}")
    if recipe.kind == REACHING:
        raise Problem("Nothing reaches this layer: it stands in no model.", "normal", recipe.kind, f"inputs.{position}")
    options = {f.name: f.default for f in KINDS[recipe.kind].fields} | dict(recipe.options)
    if recipe.kind == "file":
        array = _attached(options, attachments or {}, position)
    elif recipe.kind == "image":
        array = _picture(recipe.shape, axes)
    else:
        array = KINDS[recipe.kind].make(recipe.shape, options, np.random.default_rng([seed, position]))
    return cast(array, dtype, position)


def cast(array: np.ndarray, dtype: str, position: int = 0) -> np.ndarray:
    """The array in the dtype that the input needs. Token ids must be whole numbers: nothing is rounded in silence.

    Raises:
        Problem: if a value cannot be said in that dtype.
    """
    if dtype == "string":
        return np.array(array.astype(str), dtype=object)
    if array.dtype.kind in "OUS":
        raise Problem(
            "The values are text, but this input takes numbers.",
            expected=dtype,
            received=repr(array.ravel()[:3].tolist()),
            where=f"inputs.{position}",
        )
    target = np.dtype("float32" if dtype == "bfloat16" else dtype)
    if target.kind in "iu":
        wrong = ~np.isfinite(array) | (np.nan_to_num(array) != np.round(np.nan_to_num(array)))
        if wrong.any():
            raise Problem("This input takes whole numbers.", dtype, str(array[wrong].ravel()[0]), f"inputs.{position}")
        limits = np.iinfo(target)
        for extreme in (int(array.min()), int(array.max())) if array.size else ():  # Python compares them exactly
            if not limits.min <= extreme <= limits.max:
                raise Problem(
                    "A value does not fit into the dtype of this input.",
                    expected=f"{limits.min} ... {limits.max} ({dtype})",
                    received=str(extreme)[:80],
                    where=f"inputs.{position}",
                )
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(array.astype(target)).reshape(array.shape)


def parse_shape(text: str, where: str = "inputs") -> tuple[int, ...]:
    """The shape that a reader typed: "10, 10", "(2, 3)", "2x3", "" for a scalar.

    Raises:
        Problem: if it is not a list of whole numbers >= 0, or is too large.
    """
    stripped = text.strip().strip("()[]").strip().removesuffix(",").strip()
    parts = re.split(r"\s*[,x×]\s*|\s+", stripped) if stripped else []
    sizes: list[int] = []
    for part in parts:
        if not re.fullmatch(r"[+-]?\d{1,30}", part):
            raise Problem(
                "A shape is a list of whole numbers.", expected="10, 10", received=text.strip()[:80], where=where
            )
        sizes.append(int(part))
    return checked_shape(sizes, where)


def checked_shape(shape: Any, where: str = "inputs") -> tuple[int, ...]:
    """The shape as a tuple, refused before any memory is taken.

    Raises:
        Problem: if a size is negative or not an integer, or the tensor has too many axes or cells.
    """
    if not isinstance(shape, (list, tuple)) or any(isinstance(n, bool) or not isinstance(n, int) for n in shape):
        raise Problem("A shape is a list of whole numbers.", expected="10, 10", received=brief(shape), where=where)
    if any(n < 0 for n in shape):
        raise Problem(
            "The size of an axis cannot be negative.", expected=">= 0", received=brief(tuple(shape)), where=where
        )
    if len(shape) > MAX_RANK:
        raise Problem("That is more axes than the explorer draws.", f"<= {MAX_RANK}", str(len(shape)), where)
    if math.prod(n or 1 for n in shape) > MAX_CELLS:  # an axis of no cells does not make the others harmless
        raise Problem("That is more cells than one input may have.", f"<= {MAX_CELLS:,}", _cells(shape), where)
    return tuple(shape)


def _cells(shape: Any) -> str:
    if 0 in shape or max(shape) > 10**30:
        return brief(tuple(shape))
    return f"{math.prod(shape):,} ({' x '.join(map(str, shape))})"


def checked_value(spec: Field, value: Any, where: str) -> Any:
    """A field's value, of the right type and within its bounds; those of a list hold for every number in it.

    Raises:
        Problem: naming the field, what it takes and what came.
    """
    if value is None and spec.optional:
        return None
    if spec.kind == "number":
        number = as_number(value)
        value = value if number is None else number
    expected = describe_field(spec)
    good = _TYPE_TESTS[spec.kind](value, spec) and _within(spec, value)
    if good and spec.kind == "shape" and math.prod(abs(n) or 1 for n in value) > MAX_CELLS:
        good, expected = False, f"<= {MAX_CELLS:,}"
    if spec.kind == "integer" and isinstance(value, int) and abs(value) > MAX_INTEGER:
        expected = f"|n| <= {MAX_INTEGER:,}"
    if not good:
        what = Message("“{name}” cannot take that value.", {"name": spec.name})
        raise Problem(what, expected, brief(value), where, repairs=_to_the_minimum(spec, value, where))
    return list(value) if spec.kind == "shape" else value


def _to_the_minimum(spec: Field, value: Any, where: str) -> tuple[Repair, ...]:
    """What a parameter that is too small may be set to."""
    low, part = spec.minimum, where.partition(".")[0]
    if part != "params" or low is None or type(value) not in (int, float) or value >= low:
        return ()
    return (Repair(Message("Set {name} to {value}", {"name": spec.name, "value": f"{low:g}"}), {where: low}),)


def as_number(value: Any) -> float | None:
    """A number as a float; JSON has no NaN and no infinities, so those are words. None if it is neither."""
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower())
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _within(spec: Field, value: Any) -> bool:
    """Whether every number in a value lies in the field's bounds. What has no bounds is not walked."""
    if spec.minimum is None and spec.maximum is None:
        return True
    if isinstance(value, Mapping):
        return all(_within(spec, item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(_within(spec, item) for item in value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return True
    return (spec.minimum is None or value >= spec.minimum) and (spec.maximum is None or value <= spec.maximum)


def describe_field(spec: Field) -> str:
    """What a field takes, in a few words: "integer 1 ... 64"."""
    if spec.kind == "choice":
        return ", ".join(spec.choices)
    bounds = ""
    if spec.minimum is not None or spec.maximum is not None:
        low = "" if spec.minimum is None else f"{spec.minimum:.12g}"
        high = "" if spec.maximum is None else f"{spec.maximum:.12g}"
        bounds = f" {low} ... {high}" if low and high else f" >= {low}" if low else f" <= {high}"
    return f"{spec.kind}{bounds}"


def _is_integer(value: Any, spec: Field) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INTEGER


def _is_json(value: Any, spec: Field) -> bool:
    return isinstance(value, (str, int, float, bool, list, dict, type(None)))


_TYPE_TESTS: dict[str, Callable[[Any, Field], bool]] = {
    "integer": _is_integer,
    "number": lambda value, spec: isinstance(value, float),
    "boolean": lambda value, spec: isinstance(value, bool),
    "choice": lambda value, spec: value in spec.choices,
    "text": lambda value, spec: isinstance(value, str),
    "shape": lambda value, spec: isinstance(value, (list, tuple)) and all(_is_integer(n, spec) for n in value),
    "json": _is_json,
}


# ------------------------------------------------------------------------------------------------ the kinds
def _ones(shape: tuple[int, ...], options: Mapping[str, Any], generator: np.random.Generator) -> np.ndarray:
    return np.ones(shape)


def _constant(shape: tuple[int, ...], options: Mapping[str, Any], generator: np.random.Generator) -> np.ndarray:
    return np.full(shape, options["value"], "float64")


def _arange(shape: tuple[int, ...], options: Mapping[str, Any], generator: np.random.Generator) -> np.ndarray:
    return np.asarray(options["start"] + options["step"] * np.arange(math.prod(shape), dtype="float64").reshape(shape))


def _linspace(shape: tuple[int, ...], options: Mapping[str, Any], generator: np.random.Generator) -> np.ndarray:
    return np.linspace(options["start"], options["stop"], math.prod(shape)).reshape(shape)


def _normal(shape: tuple[int, ...], options: Mapping[str, Any], generator: np.random.Generator) -> np.ndarray:
    return np.asarray(options["mean"] + options["stddev"] * generator.standard_normal(shape))


def _uniform(shape: tuple[int, ...], options: Mapping[str, Any], generator: np.random.Generator) -> np.ndarray:
    return np.asarray(options["low"] + (options["high"] - options["low"]) * generator.random(shape))


def _one_hot(shape: tuple[int, ...], options: Mapping[str, Any], generator: np.random.Generator) -> np.ndarray:
    if not shape or shape[-1] == 0:
        return np.ones(shape)
    classes = np.arange(math.prod(shape[:-1])).reshape(shape[:-1]) % shape[-1]
    return np.asarray(np.arange(shape[-1]) == classes[..., None], "float64")


def _tokens(shape: tuple[int, ...], options: Mapping[str, Any], generator: np.random.Generator) -> np.ndarray:
    return generator.integers(0, max(1, options["vocabulary"]), shape)


def _identity(shape: tuple[int, ...], options: Mapping[str, Any], generator: np.random.Generator) -> np.ndarray:
    return np.broadcast_to(np.eye(shape[-2], shape[-1]) if len(shape) >= 2 else np.ones(shape), shape).copy()


def _checkerboard(shape: tuple[int, ...], options: Mapping[str, Any], generator: np.random.Generator) -> np.ndarray:
    return np.asarray(sum(np.indices(shape, sparse=True), start=np.zeros(shape, "int64")) % 2)


def _picture(shape: tuple[int, ...], axes: Sequence[str]) -> np.ndarray:
    """A small scene in [0, 1] on the axes called height, width and channels."""
    names = _picture_names(len(shape), axes)
    sizes = {name: shape[names.index(name)] if name in names else 1 for name in ("height", "width", "channels")}
    order = sorted(sizes, key=lambda name: names.index(name) if name in names else -1)
    scene = _scene(**sizes).transpose([list(sizes).index(name) for name in order])
    here = [size if name in sizes else 1 for name, size in zip(names, shape, strict=True)]
    return np.broadcast_to(scene.reshape(here), shape).copy()


def _picture_names(rank: int, axes: Sequence[str]) -> list[str]:
    """The axes' names if height and width are among them, else what the last axes must be for a picture to be seen.

    A tensor of named axes without height and width is drawn as its last two; one without names may have channels.
    """
    if len(axes) == rank and {"height", "width"} <= set(axes):
        return list(axes)
    last = ["height", "width", "channels"] if rank > (3 if axes else 2) else ["height", "width"]
    return [""] * (rank - len(last)) + last[-rank:] if rank else []


def _scene(height: int, width: int, channels: int) -> np.ndarray:
    """A sun over hills, drawn from formulas: (height, width, channels)."""
    y, x = (np.arange(height) + 0.5) / max(height, 1), (np.arange(width) + 0.5) / max(width, 1)
    y, x = y[:, None], x[None, :]
    sun = np.hypot(y - 0.3, x - 0.68) < 0.17
    hills = y > 0.66 + 0.12 * np.sin(7 * x)
    planes: tuple[Callable[[], np.ndarray], ...] = (
        lambda: np.where(hills, 0.25, np.where(sun, 1.0, 0.45 + 0.3 * y)),
        lambda: np.where(hills, 0.55 - 0.2 * y, np.where(sun, 0.85, 0.65 + 0.2 * y)),
        lambda: np.where(hills, 0.2, np.where(sun, 0.3, 0.95 - 0.1 * y)),
    )
    made = np.stack([plane() for plane in planes[: max(channels, 1)]], axis=-1)
    return np.asarray(made[..., np.arange(channels) % 3] if channels not in (1, 3) else made)


def _typed(shape: tuple[int, ...], options: Mapping[str, Any], generator: np.random.Generator) -> np.ndarray:
    """The typed values in reading order; the last one is repeated when there are too few, spare ones are left out."""
    flat = _flat(options["values"], "inputs") or [0]
    needed = math.prod(shape)
    flat = flat[:needed] + flat[-1:] * (needed - len(flat))
    if all(isinstance(value, int) and -(2**63) <= value < 2**63 for value in flat):
        return np.array(flat, "int64").reshape(shape)  # a float64 would round the large ones
    numbers = [float(value) if isinstance(value, bool) else as_number(value) for value in flat]
    if any(number is None for number in numbers):
        return np.array([str(value) for value in flat], dtype=object).reshape(shape)
    return np.array(numbers, "float64").reshape(shape)


def _flat(values: Any, where: str) -> list[Any]:
    """Numbers and texts in reading order, out of lists in lists."""
    flat: list[Any] = []
    rest = [values]
    while rest:
        value = rest.pop()
        if isinstance(value, (list, tuple)):
            rest += reversed(value)
        elif isinstance(value, (bool, str)) or as_number(value) is not None:
            flat.append(value)
        else:
            raise Problem("Typed values are numbers or texts in a list.", '[1, 2.5, "nan"]', brief(value), where)
    return flat


def _attached(options: Mapping[str, Any], attachments: Mapping[str, np.ndarray], position: int) -> np.ndarray:
    if options["sha256"] not in attachments:
        raise Problem(
            "This experiment needs an uploaded file that is not here. Upload it again.",
            expected=f"{options['name']} (sha256 {str(options['sha256'])[:12]})",
            received="-",
            where=f"inputs.{position}",
        )
    return attachments[options["sha256"]]


KINDS: Mapping[str, Kind] = {
    "ones": Kind(_ones, "Ones"),
    "constant": Kind(_constant, "One constant", (Field("value", "number", 1.0, "The value of every cell."),)),
    "arange": Kind(
        _arange,
        "Counting up",
        (Field("start", "number", 0.0, "The first cell."), Field("step", "number", 1.0, "Added from cell to cell.")),
    ),
    "linspace": Kind(
        _linspace,
        "Evenly spaced",
        (Field("start", "number", -1.0, "The first cell."), Field("stop", "number", 1.0, "The last cell.")),
    ),
    "normal": Kind(
        _normal,
        "Normal noise",
        (
            Field("mean", "number", 0.0, "The mean."),
            Field("stddev", "number", 1.0, "The standard deviation.", minimum=0),
        ),
    ),
    "uniform": Kind(
        _uniform,
        "Uniform noise",
        (Field("low", "number", 0.0, "The lower end."), Field("high", "number", 1.0, "The upper end.")),
    ),
    "one_hot": Kind(_one_hot, "One-hot rows"),
    "tokens": Kind(
        _tokens,
        "Token ids",
        (
            Field(
                "vocabulary", "integer", 10, "Ids are drawn from 0 to this, exclusive.", minimum=1, maximum=10_000_000
            ),
        ),
    ),
    "identity": Kind(_identity, "Identity matrix"),
    "checkerboard": Kind(_checkerboard, "Checkerboard"),
    "image": Kind(_ones, "A small image"),
    "typed": Kind(
        _typed,
        "Typed values",
        (
            Field("values", "json", [0], "The values, in reading order."),
            Field("name", "text", "", "The file that they came from."),
        ),
    ),
    "file": Kind(
        _ones,
        "Uploaded file",
        (Field("sha256", "text", "", "The file's content hash."), Field("name", "text", "", "The file's name.")),
    ),
    REACHING: Kind(
        _ones,
        "What reaches it in the model",
        (Field("call", "integer", 0, "Which of the layer's calls in the model, from 0.", minimum=0, maximum=1000),),
    ),
}

MASK_KINDS = ("last", "first", "typed")


def mask_array(mask: Mapping[str, Any], shape: tuple[int, ...]) -> np.ndarray:
    """A mask of `(batch, time)` for an input of that shape: True where a step counts, False where it is masked.

    "last" masks the last `count` steps of every sample, "first" the first, "typed" gives the booleans themselves in
    reading order (the last one is repeated when there are too few).

    Raises:
        Problem: if the input has no time axis or the mask is not understood.
    """
    mask = checked_mask(mask)
    if len(shape) < 2:
        raise Problem("A mask needs an input with a batch and a time axis.", "(batch, time, ...)", str(shape), "mask")
    kept = np.ones(shape[:2], bool)
    count = min(int(mask.get("count", 1)), shape[1])
    if mask["kind"] == "last":
        kept[:, shape[1] - count :] = False
    elif mask["kind"] == "first":
        kept[:, :count] = False
    else:
        kept = _typed(shape[:2], {"values": mask["values"]}, np.random.default_rng(0)) != 0
    return kept


def checked_mask(mask: Any) -> dict[str, Any]:
    """The mask recipe, checked.

    Raises:
        Problem: if it is not `{"kind": "last"|"first", "count": n}` or `{"kind": "typed", "values": [...]}`.
    """
    good = isinstance(mask, Mapping) and mask.get("kind") in MASK_KINDS
    if good and mask["kind"] == "typed":
        values = _flat(mask.get("values", []), "mask")
        good = set(mask) == {"kind", "values"} and len(values) > 0 and all(value in (0, 1) for value in values)
        mask = {**mask, "values": values}
    elif good:
        count = mask.get("count", 1)
        good = set(mask) <= {"kind", "count"} and _is_integer(count, _COUNT) and _within(_COUNT, count)
    if not good:
        raise Problem(
            "That is not a mask.",
            expected='{"kind": "last", "count": 2} or {"kind": "typed", "values": [1, 1, 0]}',
            received=brief(mask),
            where="mask",
        )
    return dict(mask)


_COUNT = Field("count", "integer", 1, "How many steps are masked.", minimum=0, maximum=MAX_CELLS)
