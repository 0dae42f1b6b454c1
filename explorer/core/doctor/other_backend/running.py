"""The process on the other backend: it makes the layer again, calls it, and compares each expression.

    python -c "..." '{"parent": pid, "answer": descriptor, "path": [...], "backend": "jax"}'

The request comes on standard input. TensorFlow is imported here, too: code that calls it by name runs on, and is found.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import importlib.util
import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.doctor.blame import error_place
from explorer.core.doctor.compare import farthest
from explorer.core.doctor.other_backend.answer import Answer, Apart, Place, filled, place_of
from explorer.core.plain import plain
from explorer.core.tracing.failure import Failure
from explorer.core.tracing.recorder import MAX_STEPS, Recorder, like
from explorer.core.tracing.signatures import TENSORS, operands_of
from explorer.engine import process
from explorer.engine.codec import pack
from explorer.engine.transport import wire

_TENSORFLOW = str(Path(tf.__file__).parent) + os.sep
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
    """Make the layer, call it twice (the first call builds it), and tell what came of it."""
    try:
        layer = _made(meta)
    except Exception as error:
        return Answer(not_made=_line(error), detail=_whole(error))
    follower = Follower(meta, arrays)
    try:
        tensors = [
            keras.ops.convert_to_tensor(arrays[f"input:{i}"], dtype=dtype) for i, dtype in enumerate(meta["inputs"])
        ]
        arguments, keywords = filled(meta["arguments"], tensors)
        layer(*arguments, **keywords)
        variables = [arrays[f"variable:{i}"] for i in range(meta["variables"])]
        shapes = [[tuple(one.shape) for one in some] for some in (variables, layer.variables)]
        if shapes[0] != shapes[1]:
            return Answer(not_made=f"Its variables have other shapes there: {shapes[0]} ≠ {shapes[1]}")
        for variable, value in zip(layer.variables, variables, strict=True):
            variable.assign(value)
        with follower.listening(layer), jax.disable_jit():  # so that loops run step by step
            outputs = follower.entered(layer)(*arguments, **keywords)
        follower.left_with([one for one in keras.tree.flatten(outputs) if one is not None])
    except Exception as error:
        return dataclasses.replace(follower.answer(), **_told(error, type(layer)))
    return follower.answer()


def _made(meta: Mapping[str, Any]) -> Any:
    """The layer, from its config and the file of its class.

    Raises:
        Exception: whatever importing or making it raises.
    """
    module = _module(meta["module"], meta["file"])
    own = {name: value for name, value in vars(module).items() if isinstance(value, type)}
    found: Any = module
    for name in meta["name"].split("."):
        found = getattr(found, name)
    return keras.saving.deserialize_keras_object(meta["config"], custom_objects={**own, found.__name__: found})


def _module(name: str, file: str) -> Any:
    """A module by its name, or if it is not found so, from its file."""
    with contextlib.suppress(ImportError, ValueError):
        found = importlib.util.find_spec(name)
        if found is not None and (not file or found.origin == file):
            return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    sys.path.insert(0, str(Path(file).parent))  # its neighbours, as when it was imported first
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Follower(Recorder):
    """Compares each expression with what TensorFlow made of it, and goes on with TensorFlow's numbers.

    Args:
        meta: of the request: the steps on TensorFlow, and whether the layer draws random numbers without training.
        arrays: of the request: their numbers.
    """

    def __init__(self, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        super().__init__(MAX_STEPS)
        self._dtypes = meta["dtypes"]
        self._draws = meta["draws"]
        self._outputs = meta["outputs"]
        self._arrays = arrays
        self._steps: dict[tuple[Place, int], int] = {}
        times: Counter[Place] = Counter()
        for number, place in enumerate(map(tuple, meta["steps"])):
            self._steps[place, times[place]] = number
            times[place] += 1
        self._times: Counter[Place] = Counter()
        self._compared = 0
        self._apart: Apart | None = None
        self._tied: tuple[str, int] | None = None

    def answer(self) -> Answer:
        """What was found until now."""
        text, step = self._tied or ("", -1)
        return Answer(self._compared, self._apart, text, step)

    def holds_numbers(self, value: Any) -> bool:
        """Whether it is an array of JAX that is not one of a function being traced, or a tensor all the same."""
        return (isinstance(value, jax.Array) and not isinstance(value, jax.core.Tracer)) or super().holds_numbers(value)

    def left_with(self, outputs: Sequence[Any]) -> None:
        """Compare the outputs of the call, which the last lines of a library may have made."""
        for i, (output, dtype) in enumerate(zip(outputs, self._outputs, strict=True)):
            self._compare("", -1, [(self._arrays[f"output:{i}"], dtype, output)], 1.0, False)

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
        place = place_of(frame, site)
        step = self._steps.get((place, self._times[place]), -1)
        self._times[place] += 1
        text = " ".join(frame.code.sites[site].text.split())
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        operands = keras.tree.flatten([given for _, given, _ in operands_of(operation, args, kwargs)])
        if self._tied is None and any(isinstance(one, TENSORS) for one in (*values, *operands)):
            self._tied = text, step
        dtypes = self._dtypes[step] if step >= 0 else []
        if len(dtypes) != len(values):
            return value
        theirs = [self._arrays[f"step:{step}.{i}"] for i in range(len(values))]
        self._compared += 1
        self._compare(
            text, step, list(zip(theirs, dtypes, values, strict=True)), _scale(operands), _draws_numbers(operation)
        )
        return like(value, [_instead(own, given) for own, given in zip(values, theirs, strict=True)])

    def _compare(
        self, text: str, step: int, pairs: list[tuple[np.ndarray, str, Any]], scale: float, drawn: bool
    ) -> None:
        """Note the first expression that is apart; of a layer that draws numbers at inference, none that draws."""
        if self._apart is not None or (drawn and self._draws):
            return
        for here, dtype, value in pairs:
            there = _array(value)
            found = _apart(here, there, dtype, scale)
            if found is not None:
                told = (dtype, getattr(value.dtype, "name", str(value.dtype)))
                self._apart = Apart(text, step, *found, dtypes=told, drawn=drawn)
                return


def _apart(here: np.ndarray, there: np.ndarray, dtype: str, scale: float) -> tuple[str, str, int, int, float] | None:
    """One cell of two arrays that differ, how many differ, and by how much; None if they are the same."""
    if here.shape != there.shape:
        return str(here.shape), str(there.shape), here.size, here.size, float("nan")
    cell = farthest(here, there, dtype, scale)
    if cell is None:
        return None
    with np.errstate(all="ignore"):
        size = float(np.abs(np.subtract(here[cell], there[cell], dtype="float64")))
        unequal = int((~((here == there) | ((here != here) & (there != there)))).sum())
    return _number(here[cell]), _number(there[cell]), unequal, here.size, size


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, np.floating) else str(value)


def _scale(operands: Sequence[Any]) -> float:
    """How large the numbers are from which something was computed: rounding is a part of those, not of the result."""
    largest = [0.0]
    for one in operands:
        array = _array(one) if isinstance(one, (jax.Array, keras.Variable)) else np.asarray(0.0)
        if array.dtype.kind == "f" and array.size:
            largest.append(float(np.abs(array[np.isfinite(array)]).max(initial=0.0)))
    return max(*largest, float(np.prod([one for one in largest if one > 1])))


def _draws_numbers(operation: Any) -> bool:
    return "random" in str(getattr(operation, "__module__", "")).split(".")


def _instead(own: Any, given: np.ndarray) -> Any:
    """TensorFlow's numbers in the place of a tensor of the other backend, where they fit."""
    if not isinstance(own, jax.Array) or own.shape != given.shape:
        return own
    return jax.numpy.asarray(given, dtype=own.dtype)


def _array(value: Any) -> np.ndarray:
    array = to_array(value)
    return array.astype("float32") if array.dtype.name == "bfloat16" else array


def _told(error: Exception, layer_class: type) -> dict[str, Any]:
    """What to say of an error of the call."""
    place = error_place(error, layer_class)
    own = {} if place is None else {"file": place.file, "line": place.line, "source": place.text}
    ran = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    of_tensorflow = any(file.startswith(_TENSORFLOW) for file in ran)
    return {"error": _line(error), "of_tensorflow": of_tensorflow, "detail": _whole(error), **own}


def _line(error: Exception) -> str:
    return Failure(None, None, None, (), {}, error).text  # type: ignore[arg-type]


def _whole(error: Exception) -> str:
    return plain(f"{type(error).__name__}: {error}")[:_LONGEST]
