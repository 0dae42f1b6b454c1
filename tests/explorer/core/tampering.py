"""Ways in which a job could change what the next one finds. Each gives a function that undoes it."""

from __future__ import annotations

import builtins
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.ops import math_ops

Undo = Callable[[], Any]


def _setting(read: Callable[[], Any], write: Callable[[Any], Any], value: Any) -> Callable[[], Undo]:
    def tamper() -> Undo:
        before = read()
        write(value)
        return lambda: write(before)

    return tamper


def _attribute(owner: Any, name: str) -> Callable[[], Undo]:
    def tamper() -> Undo:
        before = vars(owner)[name] if name in vars(owner) else getattr(owner, name)
        setattr(owner, name, lambda *arguments, **keywords: before(*arguments, **keywords))
        return lambda: setattr(owner, name, before)

    return tamper


def _registered() -> Undo:
    keras.saving.register_keras_serializable("tampering")(type("Planted", (keras.layers.Layer,), {}))
    planted = keras.saving.get_registered_object("tampering>Planted")

    def undo() -> None:
        from keras.src.saving import object_registration

        keras.saving.get_custom_objects().pop("tampering>Planted")
        object_registration.GLOBAL_CUSTOM_NAMES.pop(planted)

    return undo


def _environment() -> Undo:
    os.environ["TAMPERED"] = "1"
    return lambda: os.environ.pop("TAMPERED")


def _working_directory() -> Undo:
    before = Path.cwd()
    os.chdir("/usr")
    return lambda: os.chdir(before)


def _umask() -> Undo:
    before = os.umask(0o123)
    return lambda: os.umask(before)


def _signal() -> Undo:
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    return lambda: signal.signal(signal.SIGUSR1, before)


def _path() -> Undo:
    sys.path.insert(0, "/tampered")
    return lambda: sys.path.remove("/tampered")


def _warnings() -> Undo:
    before = list(warnings.filters)
    warnings.simplefilter("error")
    return lambda: warnings.filters.__setitem__(slice(None), before)  # type: ignore[index]


def _thread() -> Undo:
    end = threading.Event()
    thread = threading.Thread(target=end.wait, daemon=True)
    thread.start()

    def undo() -> None:
        end.set()
        thread.join()

    return undo


def _module() -> Undo:
    before = sys.modules["keras.ops"]
    sys.modules["keras.ops"] = type(sys)("keras.ops")
    return lambda: sys.modules.__setitem__("keras.ops", before)


def _table() -> Undo:
    table = vars(sys.modules[keras.activations.get.__module__])["ALL_OBJECTS_DICT"]
    before = table["relu"]
    table["relu"] = keras.activations.tanh
    return lambda: table.__setitem__("relu", before)


config = keras.config
TAMPERINGS: dict[str, Callable[[], Undo]] = {
    "image data format": _setting(config.image_data_format, config.set_image_data_format, "channels_first"),
    "floatx": _setting(config.floatx, config.set_floatx, "float16"),
    "epsilon": _setting(config.epsilon, config.set_epsilon, 0.5),
    "dtype policy": _setting(lambda: config.dtype_policy().name, config.set_dtype_policy, "mixed_float16"),
    "eager functions": _setting(tf.config.functions_run_eagerly, tf.config.run_functions_eagerly, True),
    "numpy's errors": _setting(np.geterr, lambda value: np.seterr(**value), {"divide": "raise"}),
    "recursion limit": _setting(sys.getrecursionlimit, sys.setrecursionlimit, 5000),
    "a layer's call": _attribute(keras.layers.Dense, "call"),
    "an operation": _attribute(keras.ops, "matmul"),
    "an activation": _attribute(keras.activations, "relu"),
    "TensorFlow's operation": _attribute(math_ops, "matmul"),
    "a built-in function": _attribute(builtins, "sorted"),
    "a registered class": _registered,
    "a table of Keras": _table,
    "environment": _environment,
    "working directory": _working_directory,
    "umask": _umask,
    "signal handler": _signal,
    "sys.path": _path,
    "warnings": _warnings,
    "thread": _thread,
    "module": _module,
}
