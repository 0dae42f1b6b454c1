"""A class of Keras as code to change: a subclass whose call hands everything on."""

from __future__ import annotations

import inspect

from explorer.core.catalog.cards import find_card
from explorer.export.code_copies import copy_of
from explorer.model.problem import Problem


def copied(layer: str) -> str:
    """Code that defines a layer which does what one of the catalogue does.

    One of ours comes as its own source. One of Keras comes as a subclass: its own source needs Keras's private parts.

    Raises:
        Problem: if there is no such layer, or it is no class.
    """
    own = copy_of(layer)
    if own is not None:
        return own
    found = find_card(layer).layer_class
    call = getattr(found, "call", None)
    if not inspect.isclass(found) or call is None:
        raise Problem("This is no class, so there is nothing to inherit from.", received=layer, where="layer")
    parameters = list(inspect.signature(call).parameters.values())
    shown = [p.replace(annotation=p.empty) for p in parameters]
    given = [_given(p) for p in parameters[1:]]
    name = found.__name__
    return f'''import keras


class My{name}(keras.layers.{name}):
    """{name}, to be changed. What is not written here is Keras's own."""

    def call{inspect.Signature(shown)}:
        outputs = super().call({", ".join(given)})
        return outputs
'''


def _given(parameter: inspect.Parameter) -> str:
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
    if parameter.kind in stars:
        return f"{stars[parameter.kind]}{parameter.name}"
    required = parameter.default is parameter.empty
    return (
        parameter.name
        if required and parameter.kind is not parameter.KEYWORD_ONLY
        else f"{parameter.name}={parameter.name}"
    )
