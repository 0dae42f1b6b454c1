"""A call in a notebook: the stage with all that the browser needs, without a server.

`show` gives the living stage, `page` one HTML file. Both need a layer and what it is called with.
"""

from __future__ import annotations

import warnings
from typing import Any

from explorer.engine.configuration import OtherEnvironment

with warnings.catch_warnings():
    warnings.simplefilter("ignore", OtherEnvironment)  # the numbers to show are those of the caller's own Keras
    from explorer.notebook.call import LayerCall
    from explorer.notebook.shown import Shown

__all__ = ["Shown", "page", "show"]


def show(
    layer: Any, /, *inputs: Any, training: bool | None = None, mask: Any = None, language: str = "en", **keywords: Any
) -> Shown:
    """See `explorer.show`."""
    return Shown(LayerCall(layer, inputs, training, mask, keywords), language)


def page(layer: Any, /, *inputs: Any, **call: Any) -> str:
    """See `explorer.page`."""
    return show(layer, *inputs, **call).page()
