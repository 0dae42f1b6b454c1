"""Keras's automatic names: "dense", then "dense_1"."""

from __future__ import annotations

from keras.src.backend.common import global_state


def reset_names() -> None:
    """Lets automatic names start over ("dense", not "dense_57").

    TensorFlow keeps a compiled kernel for every variable name it ever saw, so a process that rebuilds layers grows
    unless the names come back.
    """
    global_state.set_global_attribute("object_name_uids", None)
