"""Layer Explorer: see a Keras layer.

`run(experiment)` runs in this process and imports Keras when called; importing `explorer` does not.
"""

from __future__ import annotations

from explorer.experiment import Experiment, Look
from explorer.inputs import Recipe
from explorer.trace import Trace

__all__ = ["Experiment", "Look", "Recipe", "Trace", "run"]


def run(experiment: Experiment) -> Trace:
    """Run an experiment in this process.

    Raises:
        explorer.problem.Problem: if the experiment cannot be built or run; it says what was expected and received.
    """
    from explorer.core.run import run as run_with_keras

    return run_with_keras(experiment)
