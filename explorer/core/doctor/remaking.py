"""A layer made again from its config, with other arguments: what it then does beside what it did before."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import keras

from explorer.core.doctor.effects import Effects, effects
from explorer.core.doctor.patient import Patient


def made(layer_class: Any, config: Mapping[str, Any]) -> Any:
    """A layer of these arguments: through `from_config` where that is Keras's own, else by a call of the class.

    The call gets the config's entries as its constructor takes them; a class's own `from_config` may read others.

    Raises:
        Exception: whatever its constructor raises.
    """
    if getattr(layer_class.from_config, "__func__", None) is keras.layers.Layer.from_config.__func__:
        return revived(layer_class, config)
    return layer_class(**{name: decoded(config, name) for name in config})


def revived(layer_class: Any, config: Mapping[str, Any]) -> Any:
    """What `from_config` makes of a copy of a config."""
    return layer_class.from_config({name: copy.copy(value) for name, value in config.items()})


def decoded(config: Mapping[str, Any], name: str) -> Any:
    """An entry of a config as a constructor takes it."""
    value = config[name]
    if not (isinstance(value, dict) and "class_name" in value):
        return value
    try:
        return keras.saving.deserialize_keras_object(value)
    except Exception:  # a class that is not registered: another check tells
        return value


def alike(patient: Patient) -> tuple[Effects, Effects]:
    """What two layers do with which nothing was changed: what differs between them already proves nothing."""
    if patient.alike is None:
        known, config = type(patient.subject), patient.subject.get_config()
        one, values = effects(patient, lambda: made(known, config))
        other, _ = effects(patient, lambda: revived(known, config), values)
        patient.alike = one, other
    return patient.alike


def short(value: Any) -> str:
    """A value of an argument as text, of at most 40 characters."""
    text = getattr(value, "__name__", "") or (
        repr(value)
        if isinstance(value, (bool, int, float, str, list, tuple, dict, type(None)))
        else type(value).__name__
    )
    return text if len(text) <= 40 else f"{text[:39]}…"
