"""What a reader is told about a layer before anything runs.

A card is data: it imports neither Keras nor NumPy, so the gallery can show it while TensorFlow is still starting.
Every text in it is an English msgid that the app translates for its reader.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypedDict, get_args

FieldKind: TypeAlias = Literal["integer", "number", "boolean", "choice", "text", "shape", "json"]
Scale: TypeAlias = Literal["signed", "probability", "boolean", "category", "image"]
Group: TypeAlias = Literal[
    "custom",
    "core",
    "convolution",
    "pooling",
    "recurrent",
    "attention",
    "embedding",
    "normalization",
    "regularization",
    "reshaping",
    "merging",
    "activation",
    "preprocessing",
    "wrapper",
    "other",
]
FIELD_KINDS: tuple[FieldKind, ...] = get_args(FieldKind)
SCALES: tuple[Scale, ...] = get_args(Scale)
GROUPS: tuple[Group, ...] = get_args(Group)


@dataclass(frozen=True)
class Field:
    """One constructor argument and the control that sets it.

    Attributes:
        name: the argument's name in the constructor.
        kind: one of `FIELD_KINDS`; "shape" is a tuple of integers, "json" anything JSON can say.
        default: the value a new experiment starts with, as JSON. `None` means that the argument is left out.
        help: one sentence for the reader.
        minimum, maximum: inclusive bounds of a number.
        choices: the values of a "choice".
        optional: whether `None` ("not set") is allowed.
        advanced: whether the control waits behind "more parameters".
    """

    name: str
    kind: FieldKind
    default: Any = None
    help: str = ""
    minimum: int | float | None = None
    maximum: int | float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    advanced: bool = False

    def __post_init__(self) -> None:
        if self.kind not in FIELD_KINDS:
            raise ValueError(f"Field {self.name!r}: kind must be one of {FIELD_KINDS}. Received: {self.kind!r}")


@dataclass(frozen=True)
class Input:
    """One tensor that the layer's call takes.

    Attributes:
        name: what the reader calls it ("x", "query", "tokens").
        shape: the default shape, batch axis included.
        axes: names of the *last* axes, see `axis_names`.
        recipe: the default recipe's kind, see `explorer.experiment.recipes`.
        options: the recipe's options.
        dtype: "float" follows the experiment's dtype; any other value is fixed ("int32", "bool", "string").
    """

    name: str
    shape: tuple[int, ...]
    axes: tuple[str, ...] = ()
    recipe: str = "normal"
    options: Mapping[str, Any] = field(default_factory=dict)
    dtype: str = "float"


class Override(TypedDict, total=False):
    """What a preset changes of an input."""

    shape: tuple[int, ...]
    recipe: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Tensor:
    """How to read a tensor that the layer makes: a weight, a named local of `call`, or an output.

    Attributes:
        name: the weight's name, the local's name in `call`, or the output's name.
        axes: names of its axes, in order; `()` if nothing better than numbers is known.
        scale: one of `SCALES`; "probability" is drawn on a fixed [0, 1] scale.
        help: one sentence for the reader.
    """

    name: str
    axes: tuple[str, ...] = ()
    scale: Scale = "signed"
    help: str = ""


@dataclass(frozen=True)
class Example:
    """A preset: an experiment worth opening.

    Attributes:
        title: what the reader clicks.
        document: the source document it comes from ("000" to "004"), or "" for one of ours.
        params: constructor arguments that differ from the fields' defaults.
        inputs: for each input, what it has instead of its defaults.
        seed, training, dtype: as in an experiment.
        mask: a mask recipe, e.g. `{"kind": "last", "count": 2}`; `None` for no mask.
        edits: `(tensor, index, value)` triples, e.g. `("weight:kernel", (0, 1), 3.5)`.
        then: the layers that follow in a chain, `(card id, parameters)` pairs.
        shows: one sentence on what to look at.
    """

    title: str
    document: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Override, ...] = ()
    seed: int = 0
    training: bool = False
    dtype: str = "float32"
    mask: Mapping[str, Any] | None = None
    edits: tuple[tuple[str, tuple[int, ...], int | float], ...] = ()
    then: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    shows: str = ""


@dataclass(frozen=True)
class Card:
    """A layer as the gallery and the forms know it.

    Attributes:
        id: the stable name used in links and in `layers.catalogue()`.
        title: the heading.
        layer: "module:attribute" of the class, or of a callable that returns a layer.
        group: one of `GROUPS`.
        summary: one line.
        story: a few sentences in Markdown: what the layer does, where it comes from, what to look at.
        fields, inputs, tensors, examples: see their classes.
        documents: the source documents that describe it.
        reference: "module:function" of the NumPy derivation, or "" if there is none.
        masks: whether an input mask changes what the layer does.
        random: whether the output is random by nature when training (dropout, noise).
        symbolic: whether the callable makes a symbolic tensor instead of a layer (`keras.Input`).
        spread: whether several inputs are separate arguments of the call, `call(a, b)`, rather than one list.
        input_names: keyword names of the inputs when the call takes them by keyword, else ().
        keys: of the inputs when the call takes one dictionary of them, else ().
        structure: what the call takes where none of these says it, else None: its positional arguments in a list and
            its keywords in a dictionary, as JSON. `{"input": 0}` in it stands for the first input.
    """

    id: str
    title: str
    layer: str
    group: Group
    summary: str
    story: str = ""
    fields: tuple[Field, ...] = ()
    inputs: tuple[Input, ...] = ()
    tensors: tuple[Tensor, ...] = ()
    examples: tuple[Example, ...] = ()
    documents: tuple[str, ...] = ()
    reference: str = ""
    masks: bool = False
    random: bool = False
    symbolic: bool = False
    spread: bool = False
    input_names: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    structure: Any = None

    @property
    def layer_class(self) -> Any:
        """The class (or factory) itself. Imports Keras.

        Raises:
            ImportError: if the module of `layer` cannot be imported.
            AttributeError: if it has no such attribute.
        """
        return resolve(self.layer)

    def arranged(self, values: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """One value for each input as the layer's call takes them: positional arguments and keywords."""
        if self.structure is not None:
            positional, keywords = _filled(self.structure, values)
            return positional, keywords
        if self.keys:
            return [dict(zip(self.keys, values, strict=True))], {}
        if self.input_names:
            return list(values[:1]), dict(zip(self.input_names[1:], values[1:], strict=True))
        return (list(values), {}) if self.spread or len(values) == 1 else ([list(values)], {})

    def written(self, names: Sequence[str]) -> str:
        """The same as Python: "x", "a, b", "[a, b]", "a, key=b", "{'image': a}"."""
        if self.keys:
            return "{" + ", ".join(f"{key!r}: {name}" for key, name in zip(self.keys, names, strict=True)) + "}"
        if self.structure is not None:
            positional, keywords = self.structure
            named = [f"{name}={_written(value, names)}" for name, value in keywords.items()]
            return ", ".join([*(_written(value, names) for value in positional), *named])
        positional, keywords = self.arranged(names)
        if positional and isinstance(positional[0], list):
            return "[" + ", ".join(positional[0]) + "]"
        return ", ".join([*positional, *(f"{keyword}={name}" for keyword, name in keywords.items())])

    def texts(self) -> list[str]:
        """Every msgid on the card, for the catalogue of translations."""
        parts: list[Any] = [*self.fields, *self.inputs, *self.tensors, *self.examples]
        texts = [self.title, self.summary, self.story]
        for part in parts:
            texts += [getattr(part, name, "") for name in ("title", "help", "shows")]
            texts += getattr(part, "axes", ())
        return [text for text in texts if text]


def _place(value: Any) -> int | None:
    """Which input a part of a card's structure stands for; None if for none."""
    return value["input"] if isinstance(value, dict) and type(value.get("input")) is int and len(value) == 1 else None


def _filled(value: Any, given: Sequence[Any]) -> Any:
    """A card's structure with the inputs in their places."""
    place = _place(value)
    if place is not None:
        return given[place]
    if isinstance(value, dict):
        return {name: _filled(part, given) for name, part in value.items()}
    return [_filled(part, given) for part in value] if isinstance(value, list) else value


def _written(value: Any, names: Sequence[str]) -> str:
    """A part of a card's structure as Python, with the inputs' names in their places."""
    place = _place(value)
    if place is not None:
        return names[place]
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name!r}: {_written(part, names)}" for name, part in value.items()) + "}"
    return "[" + ", ".join(_written(part, names) for part in value) + "]" if isinstance(value, list) else repr(value)


def axis_names(names: tuple[str, ...], rank: int) -> tuple[str, ...]:
    """Names for `rank` axes: "batch" first if it is named, the last ones as given, numbers in between."""
    if rank <= len(names):
        first = names[:1] if names[:1] == ("batch",) and rank else ()
        return first + names[len(names) - rank + len(first) :]
    inner = names[1:] if names[:1] == ("batch",) else names
    return ("batch", *(f"axis {i}" for i in range(1, rank - len(inner))), *inner)


def resolve(path: str) -> Any:
    """The object that "package.module:attribute" names."""
    module, _, attribute = path.partition(":")
    return getattr(importlib.import_module(module), attribute)
