"""Open a counterexample: the inputs of one of its calls as those of an experiment."""

from __future__ import annotations

from typing import Any

from explorer.experiment.experiment import Experiment
from explorer.model.counterexample import Counterexample


def opened(experiment: Experiment, found: Counterexample, call: int, inputs: int) -> dict[str, Any] | None:
    """What to change in the experiment that was examined, as `Experiment.to_json` spells it.

    Args:
        experiment: whose layer was examined.
        found: what was found on it.
        call: which of its calls.
        inputs: how many inputs the experiment's layer takes.
    Returns:
        None if no experiment holds such a call: one has a mask for its first input only.
    """
    given = found.calls[call]
    if len(given) != inputs or any(x.mask is not None for x in given[1:]) or any(0 in x.shape for x in given):
        return None
    mask = given[0].mask if given else None
    return {
        "inputs": [{"kind": "typed", "shape": list(x.shape), "values": list(x.values)} for x in given],
        "mask": None if mask is None else {"kind": "typed", "values": [int(kept) for kept in mask]},
        "training": bool(found.training),
        "edits": [[e.tensor, list(e.index), e.value] for e in experiment.edits if not e.tensor.startswith("input:")],
    }
