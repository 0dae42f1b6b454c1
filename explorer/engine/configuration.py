"""The one configuration of TensorFlow and Keras. Whoever computes has it, so the same experiment gives the same bits.

The order of additions decides the last bits of a float sum, and threads and oneDNN change that order: one thread and
plain kernels everywhere, and no configuration file of the user. All of it is said by environment variables, which both
libraries read once, when they are imported: a worker is started with them, and any other process `adopt`s them.

A worker gets these variables and a few that a program needs to run at all, never the whole environment of the server,
which may hold secrets.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import warnings
from collections.abc import Iterator, Mapping

from explorer import settings
from explorer.project import ROOT as ROOT

JOBS = "explorer.core.jobs"
FRAMEWORKS = ("tensorflow", "keras")
"""Without these there is no engine; any other module that cannot be imported costs the jobs that need it."""
PRELOAD = (*FRAMEWORKS, "rich._emoji_codes", "layers.*", "explorer.arithmetic.*", "explorer.core.*")
"""What the template imports, so that a worker finds it in memory. "package.*" means every module below the package."""

_ENGINE = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": f"{os.devnull}/keras",  # no keras.json of this user may change a number, and none is written
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}
_MEMORY = {"MALLOC_ARENA_MAX": "2"}
"""What is freed in one thread then serves the next one, and can be given back."""
_NO_NUMBER = ("TF_CPP_MIN_LOG_LEVEL",)
"""What changes no number, so that nobody need be told of it."""
_INHERITED = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", settings.VARIABLE)


class OtherEnvironment(UserWarning):
    """Keras was imported with other settings, which are the caller's: numbers may differ from the app's."""


def environment(*, inherit: bool = True) -> dict[str, str]:
    """The whole environment of the template, and so of every worker.

    Args:
        inherit: whether the few variables of this process are in it that say where things are; else all of it is
            the same on every machine.
    """
    inherited = {name: os.environ[name] for name in _INHERITED if inherit and name in os.environ}
    return {**inherited, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", **_MEMORY, **_ENGINE}


def adopt(backend: str = "") -> None:
    """Give this process the engine's configuration. It must come before the first import of TensorFlow and Keras.

    Where one of them is there already, its settings are the caller's and stay; if they differ, a warning tells it.

    Args:
        backend: of Keras in this process from now on, where it is another one than TensorFlow.
    Raises:
        ImportError: if Keras was imported with another backend.
    """
    if backend:
        _ENGINE["KERAS_BACKEND"] = backend
    there = [name for name in FRAMEWORKS if name in sys.modules]
    if not there:
        os.environ.update(_ENGINE)
    elif different := _different():
        warnings.warn(
            f"{' and '.join(there)} were imported before Layer Explorer could configure them, so numbers may differ "
            f"in their last digits from the app's. Expected: {_listed(_ENGINE, different)}. "
            f"Received: {_listed(os.environ, different)}. To have the app's bits, import explorer.core first.",
            OtherEnvironment,
            stacklevel=2,
        )
    expected = _ENGINE["KERAS_BACKEND"]
    received = importlib.import_module("keras").config.backend() if "keras" in there else expected
    if received != expected:
        raise ImportError(f"Layer Explorer follows Keras on TensorFlow. Expected: {expected}. Received: {received}.")


def _different() -> list[str]:
    return [name for name, value in _ENGINE.items() if name not in _NO_NUMBER and os.environ.get(name) != value]


def _listed(values: Mapping[str, str], names: list[str]) -> str:
    return ", ".join(f"{name}={values.get(name, '')}" for name in names)


def modules(names: tuple[str, ...]) -> Iterator[str]:
    """The module names that `names` stands for, "package.*" written out."""
    for name in names:
        package = name.removesuffix(".*")
        yield package
        if package != name:
            paths = getattr(sys.modules.get(package), "__path__", [])
            yield from (found.name for found in pkgutil.walk_packages(paths, f"{package}.", onerror=lambda _: None))
