"""From the bytes of a .keras file to its model: one file at a time, in safe mode, its size known before it is made."""

from __future__ import annotations

import functools
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.estimate import MAX_WEIGHTS
from explorer.core.keras_private import (
    SEED_GENERATOR,
    UNINITIALIZED,
    KerasSaveable,
    global_attribute,
    load_model,
    set_global_attribute,
)
from explorer.core.own_model.archive import config_of, custom
from explorer.core.own_model.parts import Part, parts_of_model
from explorer.core.own_model.reaching import Call, model_inputs, recorded
from explorer.core.plain import said
from explorer.experiment import Experiment
from explorer.experiment.model_file import ModelFile
from explorer.experiment.recipes import default_recipe, materialise
from explorer.model.machine import machine_fault
from explorer.model.problem import Problem, brief
from explorer.model.trace import Message
from layers.card import Input

Attachments = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model file that was loaded.

    Attributes:
        file: which.
        model: it. Whoever changes something works on a copy.
        inputs: what it takes, with its usual recipes.
        parts: it and the layers in it, each once, in the order in which they were made.
        arrays: what it is given, to see what reaches its layers.
    """

    file: ModelFile
    model: Any
    inputs: tuple[Input, ...]
    parts: Mapping[str, Part]
    arrays: tuple[np.ndarray, ...]

    @functools.cached_property
    def calls(self) -> Mapping[str, tuple[Call, ...]]:
        """The calls of each part, by its id: what happens when the model is called on its inputs, without training.

        Raises:
            Problem: in place of whatever the model raises.
        """
        try:
            return recorded(self.model, self.parts, self.arrays)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            raise _failed(Message("The model cannot be called on these inputs."), error) from error


_CURRENT: dict[Any, Loaded] = {}


def open_model(experiment: Experiment, attachments: Attachments | None) -> Loaded:
    """The model of an experiment, loaded unless it is the one that was loaded last. From then on its layers have cards.

    Raises:
        Problem: if the file is not here, is no model, holds what is not read, or is larger than there is room for.
    """
    file = experiment.model
    assert file is not None
    data = _data(file, attachments or {})
    key = (file.sha256, experiment.code, experiment.seed, tuple(map(str, file.inputs)))
    if key not in _CURRENT:
        _CURRENT.clear()
        _CURRENT[key] = _loaded(file, data, experiment, attachments or {})
    return _CURRENT[key]


def current() -> Loaded:
    """The model that was opened last.

    Raises:
        Problem: if there is none.
    """
    if not _CURRENT:
        raise Problem("This layer is one of a model file, and no such file is open.", ".keras", "-", "model")
    return next(iter(_CURRENT.values()))


def _data(file: ModelFile, attachments: Attachments) -> np.ndarray:
    data = attachments.get(file.sha256)
    if data is None:
        raise Problem(
            "This experiment needs a model file that is not here. Open it again.",
            f"{file.name or '.keras'} (sha256 {file.sha256[:12]})",
            "-",
            "model",
        )
    if data.dtype != np.uint8 or data.ndim != 1:
        raise Problem("A model file is bytes.", "uint8", f"{data.dtype} {data.shape}", "model")
    return data


def _loaded(file: ModelFile, data: np.ndarray, experiment: Experiment, attachments: Attachments) -> Loaded:
    model = _model(data.tobytes(), experiment.code)
    inputs = model_inputs(model)
    recipes = [*file.inputs[: len(inputs)], *map(default_recipe, inputs[len(file.inputs) :])]
    arrays = tuple(
        materialise(recipe, spec.dtype, experiment.seed, position, attachments, spec.axes)
        for position, (recipe, spec) in enumerate(zip(recipes, inputs, strict=True))
    )
    inputs = tuple(
        Input(spec.name, recipe.shape, spec.axes, recipe.kind, recipe.options, spec.dtype)
        for spec, recipe in zip(inputs, recipes, strict=True)
    )
    return Loaded(file, model, inputs, parts_of_model(model), arrays)


def _model(data: bytes, code: str) -> Any:
    """The model in the bytes of a file; classes of its own are those of the code."""
    config = config_of(data)
    known = _own(custom(config), code)
    try:
        _refuse_what_is_too_large(config, known)
        model = load_model(io.BytesIO(data), known)
    except Problem:
        raise
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        unknown = re.search(r"Could not locate (?:class|function) '(.{1,80}?)'", said(error))
        if unknown is not None:
            raise _missing([unknown[1]], known) from error
        raise _failed(Message("Keras cannot load this model."), error) from error
    if not isinstance(model, keras.Model):
        raise Problem("This file holds no model.", "keras.Model", type(model).__name__, "model")
    return model


def _failed(what: Message, error: BaseException) -> Problem:
    if isinstance(error, MemoryError):
        raise error
    fault = machine_fault(error) if isinstance(error, Exception) else None
    return Problem(fault or what, where="engine" if fault else "model", detail=said(error)[:4000])


def _own(wanted: Mapping[str, str], code: str) -> dict[str, Any]:
    """The classes and functions of the code by the names that a config has for them.

    Raises:
        Problem: if one is missing; it says which.
    """
    found: dict[str, Any] = {}
    if code:
        from explorer.core.own_code.loading import loaded  # executing code is nothing that a model alone needs

        module = loaded(code).module
        for name, value in vars(module).items():
            mine = (isinstance(value, type) and issubclass(value, KerasSaveable)) or callable(value)
            if mine and getattr(value, "__module__", None) == module.__name__:
                found[name] = value
                found.setdefault(keras.saving.get_registered_name(value), value)
    found |= {registered: found[own] for registered, own in wanted.items() if own in found}
    missing = sorted({own for registered, own in wanted.items() if registered not in found})
    if missing:
        raise _missing(missing, found)
    return found


def _missing(names: Sequence[str], known: Mapping[str, Any]) -> Problem:
    """What is told of classes and functions that a model needs and that are not here."""
    told = ", ".join(brief(name).strip("'\"") for name in names[:8])
    what = Message(
        "This model needs {names}, which is not Keras's. Type it as code beside the model, and run it.", {"names": told}
    )
    here = ", ".join(sorted(name for name in known if ">" not in name))[:160]
    return Problem(what, f"class {told.partition(',')[0]}: ...", here or "-", "model")


def _refuse_what_is_too_large(config: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Make the model without its numbers, and count them.

    Raises:
        Problem: naming the largest weight, if they are more than there is room for.
    """
    names = (UNINITIALIZED, SEED_GENERATOR)
    held = {name: list(kept) if isinstance(kept := global_attribute(name), list) else kept for name in names}
    try:
        with keras.StatelessScope(initialize_variables=False):
            outline = keras.saving.deserialize_keras_object(dict(config), custom_objects=dict(known), safe_mode=True)
        sizes = [(_bytes(variable), variable) for variable in outline.variables]
    except Problem:
        raise
    except Exception:  # what is wrong with it is told by the real loading, which says it better
        return
    finally:
        for name, value in held.items():
            set_global_attribute(name, value)
    size = sum(size for size, _ in sizes)
    if size > MAX_WEIGHTS:
        _, largest = max(sizes, key=lambda one: one[0])
        raise Problem(
            "The weights of this model would be too large.",
            f"<= {MAX_WEIGHTS / 2**20:,.0f} MiB",
            f"{size / 2**20:,.0f} MiB, {largest.path[-80:]}: {' x '.join(map(str, largest.shape))}",
            "model",
        )


def _bytes(variable: Any) -> int:
    return int(math.prod(variable.shape)) * int(tf.as_dtype(variable.dtype).size or 1)
