"""The uploaded model of an experiment: which file it is, and what its inputs are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explorer.experiment.recipes import Recipe, checked_recipes
from explorer.model.problem import Problem, brief

WHOLE = "model"
"""The id of the whole model, as a layer."""
IN_MODEL = f"{WHOLE}."
"""What the id of a layer in it begins with: "model.encoder.dense" is the layer "dense" of its layer "encoder"."""
MAX_NAME = 100


@dataclass(frozen=True)
class ModelFile:
    """An uploaded .keras file.

    Attributes:
        sha256: the hash of its bytes, as `explorer.experiment.uploads.content_hash` has it.
        name: what the file is called.
        inputs: one recipe per input of the model; fewer than it has means that its usual inputs follow. What reaches
            its layers follows from them.
    """

    sha256: str
    name: str = ""
    inputs: tuple[Recipe, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The inverse of `from_json`; what is empty is left out."""
        inputs = [recipe.to_json() for recipe in self.inputs]
        parts = {"sha256": self.sha256, "name": self.name, "inputs": inputs}
        return {name: value for name, value in parts.items() if value}

    @classmethod
    def from_json(cls, value: Any) -> ModelFile:
        """A model from its JSON form, checked.

        Raises:
            Problem: if a part is unknown or not of its kind.
        """
        if isinstance(value, ModelFile):
            value = vars(value)
        known = isinstance(value, Mapping) and set(value) <= {"sha256", "name", "inputs"}
        sha256, name = (value.get("sha256"), value.get("name", "")) if known else (None, None)
        if not isinstance(sha256, str) or not re.fullmatch(r"[0-9a-f]{64}", sha256) or not isinstance(name, str):
            expected = '{"sha256": "…", "name": "model.keras"}'
            raise Problem("A model is named by the hash of its file.", expected, brief(value), "model")
        return cls(sha256, name[:MAX_NAME], checked_recipes(value.get("inputs", ()), "model"))


def is_of_model(layer: str) -> bool:
    """Whether an id is that of a whole uploaded model or of a layer in it."""
    return layer == WHOLE or layer.startswith(IN_MODEL)
