"""The Experiment: everything that a number on the screen depends on. A value: a change makes a new one."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.experiment.model_file import ModelFile
from explorer.experiment.recipes import FLOAT_DTYPES, Recipe, as_number, checked_mask, checked_recipes, checked_value
from explorer.experiment.untrusted import plain
from explorer.model.problem import Problem, brief
from layers.card import Field

STEP_FIELDS = (
    Field("target", "number", 0.0, "What every cell of the output should be. The loss is the mean squared error."),
    Field("optimizer", "choice", "sgd", "Who moves the weights.", choices=("sgd", "momentum", "adam", "rmsprop")),
    Field("learning_rate", "number", 0.1, "How far a step goes.", minimum=0.0, maximum=1000.0),
)
"""The options of one training step."""

MAX_EDITS = 1000
"""How many cells may be set by hand."""
MAX_FOLLOWING = 3
"""How many layers may follow the first one in a chain."""
MAX_CODE = 60_000
"""The most characters of a layer's code."""
OWN = "own."
"""What the id of a layer begins with that the experiment's own code defines: "own.Blur" is its class Blur."""
OWN_MODULE = "your_layer"
"""The name of the module that the code becomes."""
OWN_FILE = f"{OWN_MODULE}.py"
"""The name of its file."""


def dumps(value: Any, where: str = "") -> str:
    """A plain value as JSON, the same for equal values.

    Raises:
        Problem: if it is more than `explorer.experiment.untrusted` lets in.
        TypeError: if JSON has no word for something in it.
    """
    return json.dumps(plain(value, where), separators=(",", ":"), sort_keys=True, allow_nan=False)


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
        mask: `None`, or a mask recipe for the first input, see `explorer.experiment.recipes.mask_array`.
        edits: cells of inputs and weights set by hand, in order.
        step: the training step's options that differ from `STEP_FIELDS`'s defaults.
        then: further layers, each called on what the one before it gave; at most `MAX_FOLLOWING`.
        code: Python that defines the layers whose ids begin with `OWN`; "" if there are none.
        model: the uploaded model that holds the layers whose ids are `explorer.experiment.model_file.WHOLE` or begin
            with `IN_MODEL`; None if there is none. Classes of its own are those of `code`.

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
    code: str = ""
    model: ModelFile | None = None

    def __post_init__(self) -> None:
        for name, check in PARTS.items():
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
            "code": self.code,
            "model": self.model.to_json() if self.model is not None else None,
        }
        return {name: value for name, value in values.items() if name == "layer" or value != DEFAULTS[name]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Experiment:
        """The inverse of `to_json`.

        Raises:
            Problem: if a field is unknown or not of its kind.
        """
        return cls(**{name: checked_part(name, part) for name, part in value.items()})


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z_][\w.]{0,99}", value) is not None


def _layer(value: Any, where: str = "layer") -> str:
    if not _is_name(value):
        raise Problem("That is not the name of a layer.", "center_zero, keras.layers.Dense, ...", brief(value), where)
    return str(value)


def _params(value: Any, where: str = "params") -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(_is_name(name) for name in value):
        raise Problem("Parameters are names with values.", '{"units": 4}', brief(value), where)
    try:
        return dict(json.loads(dumps(value, where)))
    except (TypeError, ValueError) as error:
        raise Problem("Parameters are JSON values.", '{"units": 4}', brief(value), where) from error


def _then(value: Any) -> tuple[Following, ...]:
    form = '["keras.layers.Dense", {"units": 3}]'
    if not isinstance(value, (list, tuple)) or len(value) > MAX_FOLLOWING:
        raise Problem("At most three layers follow the first one, in a list.", f"[{form}]", brief(value), "then")
    following = []
    for position, link in enumerate(value):
        where = f"then.{position}"
        parts = (link.layer, link.params) if isinstance(link, Following) else link
        if not isinstance(parts, (list, tuple)) or len(parts) != 2:
            raise Problem("A layer of a chain is its name and its parameters.", form, brief(link), where)
        following.append(Following(_layer(parts[0], where), _params(parts[1], where)))
    return tuple(following)


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise Problem("The seed is a whole number.", "0 ... 2147483647", brief(value), "seed")
    return value


def checked_part(name: str, value: Any) -> Any:
    """The part of that name, of its kind.

    Raises:
        Problem: if an experiment has no such part, or the value is not of its kind.
    """
    if name not in PARTS:
        raise unknown_part(name)
    return PARTS[name](value)


def unknown_part(name: Any) -> Problem:
    """What is told of a part that no experiment has."""
    return Problem("An experiment has no such part.", ", ".join(PARTS), brief(name))


def _flag(name: str) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        if not isinstance(value, bool):
            raise Problem("This is either on or off.", "true, false", brief(value), name)
        return value

    return check


def _dtype(value: Any) -> str:
    if value not in FLOAT_DTYPES:
        raise Problem("There is no such dtype here.", ", ".join(FLOAT_DTYPES), brief(value), "dtype")
    return str(value)


def _mask(value: Any) -> dict[str, Any] | None:
    return None if value is None else checked_mask(value)


def _edits(value: Any) -> tuple[Edit, ...]:
    if isinstance(value, (list, tuple)) and len(value) > MAX_EDITS:
        raise Problem(
            "These are more cells set by hand than an experiment holds.", f"<= {MAX_EDITS}", brief(len(value)), "edits"
        )
    edits = []
    for edit in value if isinstance(value, (list, tuple)) else [value]:
        parts = (edit.tensor, edit.index, edit.value) if isinstance(edit, Edit) else edit
        good = isinstance(parts, (list, tuple)) and len(parts) == 3
        good = good and isinstance(parts[0], str) and re.fullmatch(r"(input|weight):\S{1,200}", parts[0]) is not None
        good = good and isinstance(parts[1], (list, tuple)) and all(type(n) is int and n >= 0 for n in parts[1])
        number = as_number(parts[2]) if good else None
        if number is None:
            raise Problem(
                "An edit is a tensor, a cell and a number.", '["weight:kernel", [0, 1], 3.5]', brief(edit), "edits"
            )
        edits.append(Edit(parts[0], tuple(parts[1]), number))
    return tuple(edits)


def _step(value: Any) -> dict[str, Any]:
    known = {spec.name: spec for spec in STEP_FIELDS}
    if not isinstance(value, Mapping) or not set(value) <= set(known):
        raise Problem("A training step has other options.", ", ".join(known), brief(value), "step")
    return {name: checked_value(known[name], option, "step") for name, option in value.items()}


def _model(value: Any) -> ModelFile | None:
    return None if value is None else ModelFile.from_json(value)


def _code(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_CODE:
        received = f"{len(value):,}" if isinstance(value, str) else brief(value)
        raise Problem("Code is a text of bounded length.", f"<= {MAX_CODE:,}", received, "code")
    return value


PARTS: dict[str, Callable[[Any], Any]] = {
    "layer": _layer,
    "params": _params,
    "inputs": checked_recipes,
    "seed": _seed,
    "training": _flag("training"),
    "trainable": _flag("trainable"),
    "dtype": _dtype,
    "mask": _mask,
    "edits": _edits,
    "step": _step,
    "then": _then,
    "code": _code,
    "model": _model,
}
DEFAULTS: dict[str, Any] = {
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
    "code": "",
    "model": None,
}
