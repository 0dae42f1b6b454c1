"""The process on the other backend: it makes the layer again, calls it, and compares each expression.

    python -c "..." '{"parent": pid, "answer": descriptor, "path": [...], "backend": "jax"}'

The request comes on standard input. TensorFlow is imported here, too: code that calls it by name runs on, and is found.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import importlib.util
import json
import math
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from explorer.core.arrays import to_array
from explorer.core.doctor.blame import error_place, is_keras
from explorer.core.doctor.compare import farthest
from explorer.core.doctor.other_backend.alignment import (
    StepPath,
    Totals,
    aligned,
    expression_label,
    function_label,
    paths,
    totals,
)
from explorer.core.doctor.other_backend.answer import Answer, Apart, filled
from explorer.core.keras_private import mask_of, set_mask
from explorer.core.plain import plain
from explorer.core.rounding import MACHINE_EPSILON
from explorer.core.tracing.failure import Failure
from explorer.core.tracing.live_frames import OpenFrame
from explorer.core.tracing.recorder import MAX_STEPS, Recorder, like
from explorer.core.tracing.signatures import TENSORS, operands_of
from explorer.engine import process
from explorer.engine.codec import pack
from explorer.engine.transport import wire

_LONGEST = 2000
"""The longest error that is told whole."""


def main() -> None:
    """Answer the one request, and leave at once."""
    settings = json.loads(sys.argv[1])
    process.die_with(settings["parent"])
    meta, arrays = wire.decode(sys.stdin.buffer.read())
    answer = answered(meta, arrays)
    with os.fdopen(settings["answer"], "w", encoding="utf-8") as file:
        json.dump(pack(answer)[0], file)
    os._exit(0)


def answered(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Answer:
    """Make the layer, call it three times (to build it, by itself, and followed), and tell what came of it."""
    try:
        layer = _made(meta)
        tensors = [
            keras.ops.convert_to_tensor(arrays[f"input:{i}"], dtype=dtype) for i, dtype in enumerate(meta["inputs"])
        ]
    except Exception as error:
        return Answer(not_made=_line(error), detail=_whole(error))
    arguments, keywords = filled(meta["arguments"], tensors)
    alone, follower = Listening(), Follower(meta, arrays)
    try:
        layer(*arguments, **keywords)
        variables = [arrays[f"variable:{i}"] for i in range(meta["variables"])]
        shapes = [[tuple(one.shape) for one in some] for some in (variables, layer.variables)]
        if shapes[0] != shapes[1]:
            return Answer(not_made=f"Its variables have other shapes there: {shapes[0]} ≠ {shapes[1]}")
        _assign(layer, variables)
        outputs = alone.called(layer, arguments, keywords)
        follower.ran_alone(outputs, [path for _, _, path in paths(alone.frames)])
        _assign(layer, variables)
        follower.ended(follower.called(layer, arguments, keywords))
    except Exception as error:
        if not alone.frames:  # then the call that builds it failed, and nobody has listened
            with contextlib.suppress(Exception):
                alone.called(layer, arguments, keywords)
        return dataclasses.replace(follower.answer(alone.tied or alone.tied_failure()), **_told(error, type(layer)))
    return follower.answer(alone.tied)


def _assign(layer: Any, values: Sequence[np.ndarray]) -> None:
    for variable, value in zip(layer.variables, values, strict=True):
        variable.assign(value)


def _made(meta: Mapping[str, Any]) -> Any:
    """The layer, from its config and the modules of its classes.

    Raises:
        Exception: whatever importing or making it raises.
    """
    for module, file in meta["modules"].items():
        _import(module, file)
    own = {}
    for module, name in meta["classes"]:
        found = functools.reduce(getattr, name.split("."), sys.modules[module])
        own[found.__name__] = found
    return keras.saving.deserialize_keras_object(meta["config"], custom_objects=own, safe_mode=False)


def _import(name: str, file: str) -> None:
    """Import a module by its name, or if it is not found so, from its file."""
    with contextlib.suppress(ImportError, ValueError):
        found = importlib.util.find_spec(name)
        if found is not None and found.origin == file:
            importlib.import_module(name)
            return
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    sys.path.insert(0, str(Path(file).parent))  # its neighbours, as when it was imported first
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


class Listening(Recorder):
    """Records a call on the other backend.

    Attributes:
        tied: the first expression that TensorFlow computed, or that was given its tensors: the source and the path.
    """

    def __init__(self) -> None:
        super().__init__(MAX_STEPS)
        self.tied: tuple[str, StepPath] | None = None
        self._paths: dict[int, StepPath] = {}
        self._times: Counter[tuple[int, str]] = Counter()

    def called(self, layer: Any, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> list[Any]:
        """Call the layer. Returns its outputs, flat."""
        with self.listening(layer), _jax().disable_jit():  # so that loops run step by step
            outputs = self.entered(layer)(*arguments, **keywords)
        return [one for one in keras.tree.flatten(outputs) if one is not None]

    def holds_numbers(self, value: Any) -> bool:
        """Whether it is an array of JAX that is not one of a function being traced, or a tensor all the same."""
        return (_is_array(value) and not isinstance(value, _jax().core.Tracer)) or super().holds_numbers(value)

    def tied_failure(self) -> tuple[str, StepPath] | None:
        """The expression that failed, if it called TensorFlow."""
        found = self.failure
        if found is None or not str(getattr(found.operation, "__module__", "")).startswith("tensorflow"):
            return None
        path = (*self._paths[id(found.frame)], (expression_label(found.site), 1))
        return " ".join(found.site.text.split()), path

    def _within(self, frame: OpenFrame, function: Any, args: Any, kwargs: Any) -> Any:
        around = self._stack[-1] if self._stack else None
        label = function_label(frame)
        number = 1 + sum(function_label(one) == label for one in (around.children if around else self.frames))
        self._paths[id(frame)] = (*self._paths.get(id(around), ()), (label, number))
        return super()._within(frame, function, args, kwargs)

    def _add(
        self,
        site: int,
        value: Any,
        operation: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        ran: Sequence[str] = (),
    ) -> Any:
        before = self._count
        value = super()._add(site, value, operation, args, kwargs, ran)
        if self._count == before:  # it was no step
            return value
        frame = self._stack[-1]
        where = frame.code.sites[site]
        label, text = expression_label(where), " ".join(where.text.split())
        self._times[id(frame), label] += 1
        path = (*self._paths.get(id(frame), ()), (label, self._times[id(frame), label]))
        operands = keras.tree.flatten([given for _, given, _ in operands_of(operation, args, kwargs)])
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        if self.tied is None and any(isinstance(one, TENSORS) for one in (*values, *operands)):
            self.tied = text, path
        following = self._computed(text, path, values, operation, operands)
        return value if following is values else like(value, following)

    def _computed(
        self, text: str, path: StepPath, values: list[Any], operation: Any, operands: Sequence[Any]
    ) -> Sequence[Any]:
        """Is told of each step. Returns the values to go on with."""
        return values


class Follower(Listening):
    """Compares each expression with what TensorFlow made of it, and goes on with TensorFlow's numbers.

    Args:
        meta: of the request: the steps on TensorFlow, and whether the layer draws random numbers without training.
        arrays: of the request: their numbers.
    """

    def __init__(self, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        super().__init__()
        self._dtypes = meta["dtypes"]
        self._draws = meta["draws"]
        self._outputs = [(arrays[f"output:{i}"], dtype) for i, dtype in enumerate(meta["outputs"])]
        self._arrays = arrays
        self._steps = {tuple(map(tuple, path)): number for number, path in enumerate(meta["steps"])}
        self._own: Totals = {}
        self._theirs = totals(self._steps)
        self._compared = 0
        self._apart: Apart | None = None
        self._alone = ""

    def answer(self, tied: tuple[str, StepPath] | None) -> Answer:
        """What was found until now.

        Args:
            tied: as of `Listening`, of the call that was not followed.
        """
        text, path = tied or ("", ())
        return Answer(self._compared, self._apart, self._alone, text, self._steps.get(path, -1))

    def ran_alone(self, outputs: Sequence[Any], found: Sequence[StepPath]) -> None:
        """Note what came of the layer where TensorFlow's numbers were not put in.

        Args:
            outputs: of the layer.
            found: the paths of its steps.
        """
        self._own = totals(found)
        for here, dtype, output in self._with(outputs):
            apart = _apart(here, _array(output), dtype, 1.0)
            if apart is not None and not self._draws:
                self._alone = self._alone or f"{apart[0]} ≠ {apart[1]}"

    def ended(self, outputs: Sequence[Any]) -> None:
        """Compare the outputs of the call that was followed: the last lines of a library may have made them."""
        for pair in self._with(outputs):
            self._compare("", -1, [pair], 1.0, False)

    def _with(self, outputs: Sequence[Any]) -> list[tuple[np.ndarray, str, Any]]:
        found = [one for one in outputs if one is not None]
        return [(*here, there) for here, there in zip(self._outputs, found, strict=True)]

    def _computed(
        self, text: str, path: StepPath, values: list[Any], operation: Any, operands: Sequence[Any]
    ) -> Sequence[Any]:
        step = self._steps.get(aligned(path, self._own, self._theirs), -1)
        dtypes = self._dtypes[step] if step >= 0 else []
        if len(dtypes) != len(values):
            return values
        theirs = [self._arrays[f"step:{step}.{i}"] for i in range(len(values))]
        pairs = list(zip(theirs, dtypes, values, strict=True))
        self._compared += 1
        self._compare(text, step, pairs, _scale(operands), _draws_numbers(operation))
        return [_instead(own, given) for own, given in zip(values, theirs, strict=True)]

    def _compare(
        self, text: str, step: int, pairs: list[tuple[np.ndarray, str, Any]], scale: float, drawn: bool
    ) -> None:
        """Note the first expression that is apart.

        None that draws random numbers or is computed less finely on the other backend, if the outputs are the same
        all the same; none of another shape inside one of Keras's layers, which has ways of its own on each backend.
        """
        if self._apart is not None or (drawn and not self._alone):
            return
        owners = [frame.owner for frame in reversed(self._stack) if frame.owner is not None]
        for here, dtype, value in pairs:
            there = _array(value)
            if text and here.shape != there.shape and owners and is_keras(type(owners[0])):
                continue
            own = getattr(value.dtype, "name", str(value.dtype))
            found = _apart(here, there, dtype if self._alone else _coarser(dtype, own), scale)
            if found is not None:
                self._apart = Apart(text, step, *found, dtypes=(dtype, own), drawn=drawn)
                return


def _apart(here: np.ndarray, there: np.ndarray, dtype: str, scale: float) -> tuple[str, str, int, int, float] | None:
    """One cell of two arrays that differ, how many differ, and by how much; None if they are the same."""
    if here.shape != there.shape:
        return str(here.shape), str(there.shape), 0, here.size, float("inf")
    cell = farthest(here, there, dtype, scale)
    if cell is None:
        return None
    with np.errstate(all="ignore"):
        size = float(np.abs(np.subtract(here[cell], there[cell], dtype="float64")))
        unequal = int((~((here == there) | ((here != here) & (there != there)))).sum())
    told = [f"{one:.6g}" if isinstance(one, np.floating) else str(one) for one in (here[cell], there[cell])]
    told = told if told[0] != told[1] else [str(here[cell]), str(there[cell])]
    return told[0], told[1], unequal, here.size, size


def _coarser(one: str, other: str) -> str:
    return max(one, other, key=lambda name: MACHINE_EPSILON.get(name, 0.0))


def _scale(operands: Sequence[Any]) -> float:
    """How large the numbers are from which something was computed: rounding is a part of those, not of the result.

    They may have been multiplied with each other before they were added up.
    """
    largest = [0.0]
    for one in operands:
        array = _array(one) if _is_array(one) or isinstance(one, keras.Variable) else np.asarray(0.0)
        if array.dtype.kind == "f":
            largest.append(float(np.abs(array[np.isfinite(array)]).max(initial=0.0)))
    product = math.prod(one for one in largest if one > 1)
    return max(*largest, product if product > 1 else 0.0)


def _draws_numbers(operation: Any) -> bool:
    return "random" in str(getattr(operation, "__module__", "")).split(".")


def _instead(own: Any, given: np.ndarray) -> Any:
    """TensorFlow's numbers in the place of a tensor of the other backend, where they fit."""
    if not _is_array(own) or own.shape != given.shape:
        return own
    instead = keras.ops.convert_to_tensor(given, dtype=own.dtype.name)
    set_mask(instead, mask_of(own))
    return instead


@functools.cache
def _jax() -> Any:
    """JAX, in this process only: another one may import every module of `explorer.core` for its forks."""
    return importlib.import_module("jax")


def _is_array(value: Any) -> bool:
    return isinstance(value, _jax().Array)


def _array(value: Any) -> np.ndarray:
    array = to_array(value)
    return array.astype("float32") if array.dtype.name == "bfloat16" else array


def _told(error: Exception, layer_class: type) -> dict[str, Any]:
    """What to say of an error of the call."""
    place = error_place(error, layer_class)
    own = {} if place is None else {"file": place.file, "line": place.line, "source": place.text}
    return {"error": _line(error), "detail": _whole(error), **own}


def _line(error: BaseException) -> str:
    while error.__suppress_context__ and error.__context__ is not None:  # Keras tells some errors without their text
        error = error.__context__
    return Failure(None, None, None, (), {}, error).text  # type: ignore[arg-type]


def _whole(error: Exception) -> str:
    return plain(f"{type(error).__name__}: {error}")[:_LONGEST]
