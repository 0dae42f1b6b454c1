"""Have a layer run on another backend, in a process of its own."""

from __future__ import annotations

import copy
import inspect
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.doctor.blame import is_keras
from explorer.core.doctor.hunting.first_step import Blamed, blamed
from explorer.core.doctor.isolation import reseed
from explorer.core.doctor.other_backend import require
from explorer.core.doctor.other_backend.alignment import paths
from explorer.core.doctor.other_backend.answer import Answer, mark
from explorer.core.doctor.patient import Patient, values_of
from explorer.core.keras_private import parts_of
from explorer.core.plain import plain
from explorer.core.tracing.live_frames import OpenFrame, OpenStep
from explorer.core.tracing.record import LiveCall
from explorer.core.tracing.recorder import MAX_STEPS, Recorder
from explorer.engine import configuration
from explorer.engine.codec import unpack
from explorer.engine.transport import wire

SECONDS = 120.0
"""So long the other process may take, its imports included."""
_START = """
import json, sys
settings = json.loads(sys.argv[1])
sys.path[:] = settings["path"]
from explorer.engine import configuration, process
configuration.adopt(settings["backend"])
with process.importing():
    from explorer.core.doctor.other_backend.running import main
main()
"""


class NoAnswer(Exception):
    """The other process could not be asked, or did not answer; the text says why."""


@dataclass(frozen=True, eq=False)
class Compared:
    """A call on TensorFlow, and what came of it on the other backend.

    Attributes:
        answer: of the other process.
        live: the call.
        steps: those of its steps that can be compared.
    """

    answer: Answer
    live: LiveCall
    steps: list[tuple[OpenFrame, OpenStep]]

    def blamed(self, text: str, step: int) -> Blamed:
        """An expression with its line, which is known if TensorFlow had that expression, too."""
        return blamed(self.live, *self.steps[step]) if step >= 0 else Blamed(text, None)


def compared(patient: Patient, backend: str) -> Compared:
    """Call a copy of the layer, here and on the other backend.

    Raises:
        NoAnswer: if there is no answer.
        Exception: whatever the layer's call raises here.
    """
    try:
        require(backend)
    except ImportError as error:
        raise NoAnswer(str(error)) from error
    layer = patient.copy()
    variables = values_of(layer)
    arguments, keywords = patient.arranged(None, layer)
    reseed()
    live = LiveCall(layer, arguments, keywords=keywords)
    live.happen(Recorder(MAX_STEPS))
    found = list(paths(live.recorder.frames))
    steps = [(frame, step) for frame, step, _ in found]
    tensors: list[Any] = []

    def marked(leaf: Any) -> Any:
        if not tf.is_tensor(leaf):
            return leaf
        tensors.append(leaf)
        return mark(len(tensors) - 1)

    config = keras.saving.serialize_keras_object(layer)
    named = [one for name, one in keras.saving.get_custom_objects().items() if f"'{name}'" in str(config)]
    classes = {type(part) for part in parts_of(layer)} | {one for one in named if isinstance(one, type)}
    own = [one for one in classes if not is_keras(one)]
    _made_again(config, own)
    meta = {
        "config": config,
        "classes": [(one.__module__, one.__qualname__) for one in own],
        "modules": dict(map(_module, [*own, *named])),
        "arguments": keras.tree.map_structure(marked, [arguments, keywords]),
        "inputs": [_dtype(one) for one in tensors],
        "variables": len(variables),
        "draws": patient.random_at_inference,
        "steps": [path for _, _, path in found],
        "dtypes": [[_dtype(value) for value in step.values] for _, step in steps],
        "outputs": [_dtype(one) for one in live.outputs],
    }
    arrays = {
        **{f"input:{i}": to_array(one) for i, one in enumerate(tensors)},
        **{f"variable:{i}": one for i, one in enumerate(variables)},
        **{f"step:{n}.{i}": to_array(one) for n, (_, step) in enumerate(steps) for i, one in enumerate(step.values)},
        **{f"output:{i}": to_array(one) for i, one in enumerate(live.outputs)},
    }
    try:
        return Compared(_answered(wire.encode(meta, arrays), backend), live, steps)
    except (TypeError, ValueError) as error:  # what its config or its call holds is no plain data, or too much
        raise NoAnswer(str(error)) from error


def _made_again(config: Any, classes: Sequence[type]) -> None:
    """Have the config make the layer here: what it cannot do here says nothing of the other backend.

    Raises:
        NoAnswer: if it cannot.
    """
    own = {one.__name__: one for one in classes}
    try:
        keras.saving.deserialize_keras_object(copy.deepcopy(config), custom_objects=own, safe_mode=False)
    except Exception as error:
        raise NoAnswer(f"Its serialized config does not make it again: {plain(str(error))[:200]}") from error


def _module(found: Any) -> tuple[str, str]:
    """The module of a class or function, and its file, where the other process finds it.

    Raises:
        NoAnswer: if it does not.
    """
    if found.__module__ == "__main__" or "<" in found.__qualname__:
        raise NoAnswer(f"{found.__qualname__} cannot be imported by another process: it must stand in a module.")
    return found.__module__, inspect.getsourcefile(found) or ""


def _dtype(tensor: Any) -> str:
    return str(getattr(tensor.dtype, "name", tensor.dtype))


def _answered(request: bytes, backend: str) -> Answer:
    """What the process says.

    Raises:
        NoAnswer: if it says nothing.
        ValueError: if what it says cannot be read.
    """
    with tempfile.TemporaryFile() as answer:
        settings = {"parent": os.getpid(), "answer": answer.fileno(), "path": sys.path, "backend": backend}
        try:
            done = subprocess.run(
                [sys.executable, "-c", _START, json.dumps(settings)],
                input=request,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[answer.fileno()],
                env={**configuration.environment(), "JAX_PLATFORMS": "cpu"},
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise NoAnswer(f"The process on {backend} did not end within {SECONDS:g} s.") from error
        answer.seek(0)
        told = answer.read()
    if not told:
        last = done.stderr.decode("utf-8", "replace").strip()[-400:]
        raise NoAnswer(f"The process on {backend} ended without an answer (exit code {done.returncode}). {last}")
    return unpack(Answer, json.loads(told))
