"""The one engine configuration. Every worker has it, so the same experiment gives the same bits in every worker.

The order of additions decides the last bits of a float sum, and threads and oneDNN change that order: one thread and
plain kernels everywhere. A worker gets these variables and a few that a program needs to run at all, never the whole
environment of the server, which may hold secrets.
"""

from __future__ import annotations

import os
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The project's root: where `explorer` and `layers` are found."""

JOBS = "explorer.core.jobs"
FRAMEWORKS = ("tensorflow", "keras")
"""Without these there is no engine; any other module that cannot be imported costs the jobs that need it."""
PRELOAD = (*FRAMEWORKS, "rich._emoji_codes", "layers.*", "explorer.core.*")
"""What the mother imports, so that a worker finds it in memory. "package.*" means every module below the package."""

_ENGINE = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": f"{os.devnull}/keras",  # no keras.json of this user may change a number, and none is written
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}
_INHERITED = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
TENSORFLOW_THREADS = 1
MEMORY_GROWTH = 6 << 30
"""How much address space a worker may take beyond what it has when it starts, in bytes."""


def environment() -> dict[str, str]:
    """The whole environment of the mother, and so of every worker."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**inherited, "LANG": "C.UTF-8", **_ENGINE}


def configure_tensorflow() -> None:
    """Set TensorFlow's threads; must come before the first op. Does nothing where TensorFlow is not loaded."""
    if "tensorflow" not in sys.modules:
        return
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(TENSORFLOW_THREADS)
    tensorflow.config.threading.set_inter_op_parallelism_threads(TENSORFLOW_THREADS)


def modules(names: tuple[str, ...]) -> Iterator[str]:
    """The module names that `names` stands for, "package.*" written out."""
    for name in names:
        package = name.removesuffix(".*")
        yield package
        if package != name:
            paths = getattr(sys.modules.get(package), "__path__", [])
            yield from (found.name for found in pkgutil.walk_packages(paths, f"{package}.", onerror=lambda _: None))
