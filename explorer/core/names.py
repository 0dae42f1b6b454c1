"""Keras's automatic names: "dense", then "dense_1"."""

from __future__ import annotations

from explorer.core.keras_private import NAME_COUNTERS, set_global_attribute


def reset_names() -> None:
    """Lets automatic names start over ("dense", not "dense_57").

    TensorFlow keeps a compiled kernel for every variable name it ever saw, so a process that rebuilds layers grows
    unless the names come back.
    """
    set_global_attribute(NAME_COUNTERS, None)
