"""Layer Explorer: see a Keras layer.

`show(layer, x)` shows a call in a notebook, `page(layer, x)` gives it as one HTML file, `run(experiment)` runs what the
app's pages hold. All run in this process and import Keras when called; importing `explorer` does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.project import ROOT, other_layers

if not other_layers():
    from explorer.experiment import Experiment, Look
    from explorer.experiment.recipes import Recipe
    from explorer.model.display import DRAWING
    from explorer.model.trace import Trace

    def _drawn(value: object) -> str:
        """A trace, a report or a trail as HTML: they know nobody who could draw them."""
        from explorer.notebook.values import drawn

        return drawn(value)

    DRAWING[:] = [_drawn]

if TYPE_CHECKING:
    from explorer.notebook import Shown

__all__ = ["Experiment", "Look", "Recipe", "Trace", "page", "run", "show"]


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


def show(
    layer: Any, /, *inputs: Any, training: bool | None = None, mask: Any = None, language: str = "en", **keywords: Any
) -> Shown:
    """Show a call of a layer in a notebook: the flow, with dragging, pointing and stepping.

    The layer is called a few times and left as it was; it is built if it was not.

    Args:
        layer: any Keras layer.
        inputs: what it is called with, as in `layer(*inputs)`: arrays or tensors, lists and dictionaries of them.
        training: a keyword of the call; not passed if it is None.
        mask: a keyword of the call where the layer takes it; else the mask that the layer before attached to the first
            input.
        language: "en" or "ko".
        keywords: further keyword arguments of the call.
    Returns:
        What displays itself as the value of a cell. Its `edits` are the cells that the reader changed, `trace()` is the
        call with them, `save("file.html")` writes it as one file.
    Raises:
        Problem: if the layer could not be built or called and nothing of the call was recorded; it says what was
            expected and received. Of a call that failed later, what it did until then is shown.
        ImportError: when it is displayed, if anywidget is not installed; it says what to install.
    """
    from explorer.notebook import show as show_in_notebook

    return show_in_notebook(layer, *inputs, training=training, mask=mask, language=language, **keywords)


def page(layer: Any, /, *inputs: Any, **call: Any) -> str:
    """A call of a layer as one HTML file that opens from disk, computes by itself and asks for nothing.

    Args:
        layer, inputs, call: as of `show`.
    Raises:
        Problem: as of `show`.
    """
    from explorer.notebook import page as page_of

    return page_of(layer, *inputs, **call)
