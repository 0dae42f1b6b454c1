"""Layer Explorer: see a Keras layer.

`run(experiment)` runs in this process and imports Keras when called; importing `explorer` does not.
"""

from __future__ import annotations

from typing import Any

from explorer.project import ROOT, other_layers

if not other_layers():
    from explorer.experiment import Experiment, Look
    from explorer.experiment.recipes import Recipe
    from explorer.model.trace import Trace

__all__ = ["Experiment", "Look", "Recipe", "Trace", "run"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        raise ImportError(
            f"explorer.{name} needs the catalogue. Expected: the package {ROOT / 'layers'}. Received as `layers`: "
            f"{other_layers()}. The doctor (explorer.testing, python -m explorer doctor) needs no catalogue.",
            name=name,
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def run(experiment: Experiment) -> Trace:
    """Run an experiment in this process.

    If TensorFlow was not imported before, this process gets the engine's configuration (one thread, no GPU, no
    configuration file of Keras), and the numbers are the app's to the last bit.

    Raises:
        explorer.model.problem.Problem: if it cannot be built or run; it says what was expected and received.
    """
    from explorer.core.run import run as run_with_keras

    return run_with_keras(experiment)
