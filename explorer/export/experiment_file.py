"""An experiment as a file: its JSON and the arrays of its uploads, in the engine's own message format (no pickle)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer.engine.transport import wire
from explorer.experiment import Experiment
from explorer.experiment.recipes import checked_shape
from explorer.experiment.uploads import content_hash
from explorer.model.problem import Problem


def save(experiment: Experiment, arrays: Mapping[str, np.ndarray]) -> bytes:
    """The bytes of an .experiment file."""
    return wire.encode({"experiment": experiment.to_json()}, dict(arrays))


def load(data: bytes) -> tuple[Experiment, dict[str, np.ndarray]]:
    """The experiment and the arrays of an .experiment file.

    Raises:
        Problem: if the file is damaged, not of this kind, or an array is not the one that it is named after.
    """
    try:
        meta, arrays = wire.decode(data)
        if not isinstance(meta.get("experiment"), Mapping):
            raise wire.BadMessage("no experiment")
    except wire.BadMessage as error:
        raise Problem(
            "This is not a whole .experiment file.", ".experiment", f"{len(data):,} bytes", "inputs", str(error)
        ) from error
    experiment = Experiment.from_json(meta["experiment"])
    for name, array in arrays.items():
        if experiment.model is None or name != experiment.model.sha256:
            checked_shape(array.shape)
        if content_hash(array) != name:
            raise Problem("An array in this file is damaged.", expected=name[:12], received="-", where="inputs")
    return experiment, arrays
