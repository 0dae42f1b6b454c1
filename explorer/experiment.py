"""The Experiment, the Look, and the link that holds both.

An Experiment says everything that a number on the screen depends on; a Look says what the reader looks at and never
changes a number. Both are values: a change makes a new one.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.inputs import FLOAT_DTYPES, Recipe, as_number, checked_mask, checked_value
from explorer.outside import MAX_TEXT, parsed, plain
from explorer.problem import MAX_TOLD, Problem, brief, told
from explorer.trace import Message
from layers.card import Field

STEP_FIELDS = (
    Field("target", "number", 0.0, "What every cell of the output should be. The loss is the mean squared error."),
    Field("optimizer", "choice", "sgd", "Who moves the weights.", choices=("sgd", "momentum", "adam", "rmsprop")),
    Field("learning_rate", "number", 0.1, "How far a step goes.", minimum=0.0, maximum=1000.0),
)
"""The options of one training step."""

MAX_LINK = 8192
"""The longest query string, in characters, that the address bar is given."""
COMPRESS_ABOVE = 1024
"""A query string longer than this is compressed."""
MAX_EDITS = 1000
"""How many cells may be set by hand."""
MAX_FOLLOWING = 3
"""How many layers may follow the first one in a chain."""


@dataclass(frozen=True)
class Edit:
    """One cell set by hand.

    Attributes:
        tensor: "input:0" or "weight:kernel".
        index: the cell.
        value: its new value.
    """

    tensor: str
    index: tuple[int, ...]
    value: float


@dataclass(frozen=True)
class Following:
    """One further layer of a chain: it takes what the layer before it gave.

    Attributes:
        layer: a card's id.
        params: constructor arguments, as JSON; those left out take the card's defaults.
    """

    layer: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Experiment:
    """Everything that the numbers on the screen depend on.

    Attributes:
        layer: a card's id, "center_zero" or "keras.layers.Dense".
        params: constructor arguments, as JSON; those left out take the card's defaults.
        inputs: one recipe per input; fewer than the layer takes means that the card's defaults follow.
        seed: from 0 to 2**31 - 1; weights, random inputs and dropout follow from it.
        training: the `training` flag of the call.
        trainable: the layer's `trainable` attribute.
        dtype: one of `FLOAT_DTYPES`, the layer's dtype and that of its float inputs.
        mask: `None`, or a mask recipe for the first input, see `explorer.inputs.mask_array`.
        edits: cells of inputs and weights set by hand, in order.
        step: the training step's options that differ from `STEP_FIELDS`'s defaults.
        then: further layers, each called on what the one before it gave; at most `MAX_FOLLOWING`.

    Raises:
        Problem: on construction, if a value is not of its kind.
    """

    layer: str = "center_zero"
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Recipe, ...] = ()
    seed: int = 0
    training: bool = False
    trainable: bool = True
    dtype: str = "float32"
    mask: Mapping[str, Any] | None = None
    edits: tuple[Edit, ...] = ()
    step: Mapping[str, Any] = field(default_factory=dict)
    then: tuple[Following, ...] = ()

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(getattr(self, name)))
        plain(self.to_json())

    @property
    def key(self) -> str:
        """A hash of everything in it: equal experiments have equal keys."""
        return hashlib.sha256(dumps(self.to_json()).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Experiment) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def change(self, **changes: Any) -> Experiment:
        """A copy with some fields replaced."""
        return dataclasses.replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """The fields that differ from the defaults, as JSON."""
        values: dict[str, Any] = {
            "layer": self.layer,
            "params": dict(self.params),
            "inputs": [recipe.to_json() for recipe in self.inputs],
            "seed": self.seed,
            "training": self.training,
            "trainable": self.trainable,
            "dtype": self.dtype,
            "mask": dict(self.mask) if self.mask is not None else None,
            "edits": [[edit.tensor, list(edit.index), edit.value] for edit in self.edits],
            "step": dict(self.step),
            "then": [[following.layer, dict(following.params)] for following in self.then],
        }
        return {name: value for name, value in values.items() if name == "layer" or value != _DEFAULTS[name]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Experiment:
        """The inverse of `to_json`.

        Raises:
            Problem: if a field is unknown or not of its kind.
        """
        return cls(**{name: _checked_part(name, part) for name, part in value.items()})


@dataclass(frozen=True)
class Look:
    """What the reader looks at. Never changes a number.

    Attributes:
        panel: the open panel below the picture.
        tensor: the tensor that the panels are about.
        scale: "own" (a scale per tensor) or "shared".
        language: "en", "ko", or "" to follow the browser.
        at: where the X-ray stands: positions of frames from the outermost, a colon, a step ("0.2:5"); "" at its start.
        cell: the touched cell, as `explorer.trail.cell_text` writes it ("step:7@0,1"); "" for none.
        way: which trail of it is shown: "made", "could", "moves"; "" for the one that suits the tensor.
        call: the call that is open ("get_weights"), or the moment of life ("build"), as the open panel names it.
    """

    panel: str = ""
    tensor: str = ""
    scale: str = "own"
    language: str = ""
    at: str = ""
    cell: str = ""
    way: str = ""
    call: str = ""


# -------------------------------------------------------------------------------------------------- checks
def _is_name(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z_][\w.]{0,99}", value) is not None


def _refuse(what: str, expected: str, received: Any, where: str) -> Problem:
    return Problem(Message(what), expected=expected, received=brief(received), where=where)


def _layer(value: Any, where: str = "layer") -> str:
    if not _is_name(value):
        raise _refuse("That is not the name of a layer.", "center_zero, keras.layers.Dense, ...", value, where)
    return str(value)


def _params(value: Any, where: str = "params") -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(_is_name(name) for name in value):
        raise _refuse("Parameters are names with values.", '{"units": 4}', value, where)
    try:
        return dict(json.loads(dumps(value, where)))
    except (TypeError, ValueError) as error:
        raise _refuse("Parameters are JSON values.", '{"units": 4}', value, where) from error


def _then(value: Any) -> tuple[Following, ...]:
    form = '["keras.layers.Dense", {"units": 3}]'
    if not isinstance(value, (list, tuple)) or len(value) > MAX_FOLLOWING:
        raise _refuse("At most three layers follow the first one, in a list.", f"[{form}]", value, "then")
    following = []
    for position, link in enumerate(value):
        where = f"then.{position}"
        parts = (link.layer, link.params) if isinstance(link, Following) else link
        if not isinstance(parts, (list, tuple)) or len(parts) != 2:
            raise _refuse("A layer of a chain is its name and its parameters.", form, link, where)
        following.append(Following(_layer(parts[0], where), _params(parts[1], where)))
    return tuple(following)


def _inputs(value: Any) -> tuple[Recipe, ...]:
    if not isinstance(value, (list, tuple)) or len(value) > 16:
        raise _refuse("Inputs are a list of recipes.", '[{"kind": "ones", "shape": [2, 2]}]', value, "inputs")
    return tuple(Recipe.from_json(recipe, f"inputs.{position}") for position, recipe in enumerate(value))


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise _refuse("The seed is a whole number.", "0 ... 2147483647", value, "seed")
    return value


def _checked_part(name: str, value: Any) -> Any:
    if name not in _CHECKS:
        raise _unknown_part(name)
    return _CHECKS[name](value)


def _unknown_part(name: Any) -> Problem:
    return _refuse("An experiment has no such part.", ", ".join(_CHECKS), name, "")


def _flag(name: str) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if not isinstance(value, bool):
            raise _refuse("This is either on or off.", "true, false", value, name)
        return value

    return check


def _dtype(value: Any) -> str:
    if value not in FLOAT_DTYPES:
        raise _refuse("There is no such dtype here.", ", ".join(FLOAT_DTYPES), value, "dtype")
    return str(value)


def _mask(value: Any) -> dict[str, Any] | None:
    return None if value is None else checked_mask(value)


def _edits(value: Any) -> tuple[Edit, ...]:
    if isinstance(value, (list, tuple)) and len(value) > MAX_EDITS:
        raise _refuse(
            "These are more cells set by hand than an experiment holds.", f"<= {MAX_EDITS}", len(value), "edits"
        )
    edits = []
    for edit in value if isinstance(value, (list, tuple)) else [value]:
        parts = (edit.tensor, edit.index, edit.value) if isinstance(edit, Edit) else edit
        good = isinstance(parts, (list, tuple)) and len(parts) == 3
        good = good and isinstance(parts[0], str) and re.fullmatch(r"(input|weight):\S{1,200}", parts[0]) is not None
        good = good and isinstance(parts[1], (list, tuple)) and all(type(n) is int and n >= 0 for n in parts[1])
        number = as_number(parts[2]) if good else None
        if number is None:
            raise _refuse("An edit is a tensor, a cell and a number.", '["weight:kernel", [0, 1], 3.5]', edit, "edits")
        edits.append(Edit(parts[0], tuple(parts[1]), number))
    return tuple(edits)


def _step(value: Any) -> dict[str, Any]:
    known = {spec.name: spec for spec in STEP_FIELDS}
    if not isinstance(value, Mapping) or not set(value) <= set(known):
        raise _refuse("A training step has other options.", ", ".join(known), value, "step")
    return {name: checked_value(known[name], option, "step") for name, option in value.items()}


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "layer": _layer,
    "params": _params,
    "inputs": _inputs,
    "seed": _seed,
    "training": _flag("training"),
    "trainable": _flag("trainable"),
    "dtype": _dtype,
    "mask": _mask,
    "edits": _edits,
    "step": _step,
    "then": _then,
}
_DEFAULTS: dict[str, Any] = {
    "layer": "center_zero",
    "params": {},
    "inputs": [],
    "seed": 0,
    "training": False,
    "trainable": True,
    "dtype": "float32",
    "mask": None,
    "edits": [],
    "step": {},
    "then": [],
}


# -------------------------------------------------------------------------------------------------- the link
def dumps(value: Any, where: str = "") -> str:
    """A plain value as JSON, the same for equal values.

    Raises:
        Problem: if it is more than `explorer.outside` lets in.
        TypeError: if JSON has no word for something in it.
    """
    return json.dumps(plain(value, where), separators=(",", ":"), sort_keys=True, allow_nan=False)


def to_query(experiment: Experiment, look: Look | None = None) -> dict[str, str]:
    """The link, as query parameters: one for each part of the Experiment that differs from its default.

    A long link is compressed into the one parameter `z`; one that is too long even then holds the layer and
    `needs=<hash>`, and the reader is offered an .experiment file.
    """
    parts = experiment.to_json()
    query = {name: value if isinstance(value, str) else dumps(value) for name, value in parts.items()}
    if sum(len(name) + len(value) + 2 for name, value in query.items()) > COMPRESS_ABOVE:
        packed = base64.urlsafe_b64encode(zlib.compress(dumps(parts).encode(), 9)).decode().rstrip("=")
        query = {"z": packed} if len(packed) <= MAX_LINK - 256 else {"layer": experiment.layer, "needs": experiment.key}
    defaults = Look()
    for name, value in dataclasses.asdict(look or defaults).items():
        if value != getattr(defaults, name):
            query[name] = value
    return query


def from_query(query: Mapping[str, str]) -> tuple[Experiment, Look, list[Problem]]:
    """Read a link. Whatever is damaged falls back to its default and is reported; nothing is raised.

    Returns:
        The experiment, the look, and what could not be read: a Problem for each part, at most `MAX_TOLD` and a count.
    """
    problems: list[Problem] = []
    parts = _parts(query, problems)
    good: dict[str, Any] = {}
    for name, value in parts.items():
        try:
            good[name] = _checked_part(name, value)
        except Problem as problem:
            problems.append(problem)
    looks = dataclasses.asdict(Look())
    known = {*_CHECKS, *looks, "z", "needs"}
    unknown = [name for name in query if name not in known]
    problems += [_unknown_part(name) for name in unknown[:MAX_TOLD]]  # a link may hold a hundred thousand
    further = len(unknown[MAX_TOLD:])
    look = Look(**{name: _whole(query[name][:300]) for name in looks if name in query})
    try:
        return Experiment(**good), look, told(problems, further)
    except Problem as problem:  # each part is small enough, and all together are not
        return Experiment(layer=good.get("layer", "center_zero")), look, told([problem, *problems], further)


def _whole(text: str) -> str:
    """The text with a question mark for each half of a character, which cannot be sent on."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _parts(query: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
    """What the link says of the experiment's parts, not checked yet."""
    parts: dict[str, Any] = {}
    if "z" in query:
        try:
            parts = _unpack(query["z"])
        except Problem as problem:
            problems.append(problem)
    for name in _CHECKS:
        if name in query:
            parts[name] = query[name] if name in ("layer", "dtype") else _read(query[name], name, problems)
    if "needs" in query:
        problems.append(
            Problem(
                Message("This experiment is too long for a link. Open its .experiment file."),
                expected=_whole(query["needs"][:12]),
                received="-",
                where="inputs",
            )
        )
    return parts


def _read(text: str, name: str, problems: list[Problem]) -> Any:
    try:
        return parsed(text, name)
    except Problem as problem:
        problems.append(problem)
    except ValueError:
        problems.append(_refuse("This part of the link is damaged; its default is shown.", "JSON", text, name))
    return _DEFAULTS[name]


def _unpack(text: str) -> dict[str, Any]:
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), MAX_TEXT)
        if not unpacker.eof:
            raise ValueError("cut short or too long")
        value = parsed(data)
        if not isinstance(value, dict):
            raise ValueError("not an object")
    except (ValueError, zlib.error, binascii.Error) as error:
        raise Problem(
            Message("The compressed part of the link is damaged; the default is shown."),
            expected="z=...",
            received=brief(text),
            detail=_whole(str(error)),
        ) from error
    return value
