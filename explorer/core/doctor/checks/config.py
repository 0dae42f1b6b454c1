"""The config: plain data, and every argument of the constructor in it."""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any

import keras

from explorer.core.doctor.blame import is_keras, method_place
from explorer.core.doctor.effects import NAMES, Effects, apart, effects
from explorer.core.doctor.findings import suspected, told
from explorer.core.doctor.others import named_in, others, parameters
from explorer.core.doctor.patient import BASE, Patient
from explorer.core.doctor.registry import NotApplicable, Verdict, advice, by_design, check, failed, passed
from explorer.model.fix import Fix
from explorer.model.trace import Message

MOST = 3
"""So many other values are tried for an argument of which nothing is to be seen."""
_NO_CHOICE = "another text"


@check(
    Message("Its config is plain data"),
    Message("get_config was called, and written as JSON."),
    Message("A dictionary that JSON can hold."),
    Message("A model is saved as the configs of its layers."),
    after=("call",),
)
def config(patient: Patient) -> Verdict:
    """`get_config` and JSON."""
    layer = patient.subject
    try:
        found = layer.get_config()
        json.dumps(keras.saving.serialize_keras_object(layer)["config"])
    except Exception as error:
        facts = told(error, patient.known)
        facts["mistake"] = facts.get("mistake") or "unserializable_argument"
        return failed(**facts)
    if not isinstance(found, dict):
        place = method_place(patient.known, "get_config")
        return failed(Message("get_config gave a {type}.", {"type": type(found).__name__}), place=place)
    return passed(Message("{count} entries.", {"count": len(found)}))


@check(
    Message("Its config holds every argument"),
    Message(
        "The arguments were looked for in the config. Where one is missing, or does not follow another value, the "
        "layer was compared with the one that its config makes: weights, outputs, training, losses."
    ),
    Message("Every argument, with the value that it was given."),
    Message("An argument that is not in the config is silently set back to its default when the layer is loaded."),
    after=("config",),
)
def config_complete(patient: Patient) -> Verdict:
    """Arguments that the config forgets, found by what the layer does, without trusting the names of attributes."""
    found = patient.subject.get_config()
    own = {name: p for name, p in parameters(patient.known).items() if name not in BASE}
    if not own:
        raise NotApplicable(Message("Its constructor takes no argument of its own."))
    trials = [_Trial(patient, found, parameter) for parameter in own.values()]
    lost = [trial for trial in trials if trial.lost]
    if lost:
        return _lost(patient, lost)
    untried = [trial.name for trial in trials if trial.missing and not trial.tried]
    if untried:
        seen = Message(
            "Not there: {names}. No other value was tried, for none is known that the constructor takes.",
            {"names": ", ".join(untried)},
        )
        if is_keras(patient.known):
            return by_design(seen)
        return advice(seen, place=method_place(patient.known, "get_config") or method_place(patient.known, "__init__"))
    missing = [f"{trial.name} ({', '.join(trial.tried)})" for trial in trials if trial.missing]
    if missing:
        seen = Message(
            "Not there: {names}. With these values the layer did the same as the one that its config makes.",
            {"names": ", ".join(missing)},
        )
        return by_design(seen)
    return passed(Message("All {count} are there.", {"count": len(own)}))


def _lost(patient: Patient, lost: list[_Trial]) -> Verdict:
    names = [trial.name for trial in lost]
    facts: dict[str, Any] = suspected(patient.known, "argument_missing_from_config")
    if not facts:
        place = method_place(patient.known, "get_config") or method_place(patient.known, "__init__")
        facts = {"place": place, "fix": Fix(Message("Return them from get_config, beside what the parent returns."))}
    seen = Message("Lost: {names}.", {"names": ", ".join(names)})
    proof = next((trial.proof for trial in lost if trial.proof), None)
    if proof is not None:
        seen = Message("{lost} {proof}", {"lost": seen, "proof": proof})
    return failed(seen, "argument_missing_from_config", **facts)


class _Trial:
    """What became of other values of one argument.

    Attributes:
        name: of the argument.
        missing: whether the config has no entry for it.
        lost: whether the layer that the config makes is another one.
        proof: what differed, where it was tried.
        tried: the values with which the layer was compared, as text.
    """

    def __init__(self, patient: Patient, found: Mapping[str, Any], parameter: inspect.Parameter) -> None:
        self.name, self.missing = parameter.name, parameter.name not in found
        self.proof: Message | None = None
        self.tried: list[str] = []
        self.lost = self.missing and parameter.default is inspect.Parameter.empty
        if self.lost or (is_keras(patient.known) and not self.missing):
            return
        self._patient, self._found = patient, dict(found)
        self._known: Any = type(patient.subject)
        now = _given(patient, parameter) if self.missing else _decoded(found, self.name)
        for value in self._values(now, parameter.default):
            if self._is_over(value, now):
                return

    def _values(self, now: Any, default: Any) -> Iterator[Any]:
        """What the layer was made with, then others; at last a text without meaning, or what its refusal names."""
        if self.missing and not _same(now, default):
            yield now
        yield from others(self._known, self.name, now)
        if isinstance(now, str) or now is None:
            try:
                self._make(_NO_CHOICE)
            except Exception as error:
                yield from named_in(error)
            else:
                yield _NO_CHOICE

    def _is_over(self, value: Any, now: Any) -> bool:
        """Try one value, and say whether enough is known."""
        try:
            config = self._make(value).get_config()
        except Exception:  # the constructor refuses that value, so it tells nothing
            return False
        if not self.missing and not _same(config.get(self.name), self._found[self.name]):
            return True
        difference = self._difference(value, config, foreign=now is None or isinstance(now, str))
        if difference is None:
            return False
        self.tried.append(_short(value))
        if difference:
            self.lost, self.proof = True, difference[0]
        return self.lost or len(self.tried) >= MOST

    def _make(self, value: Any) -> Any:
        return _made(self._known, {**self._found, self.name: value})

    def _difference(self, value: Any, config: dict[str, Any], foreign: bool) -> list[Message] | None:
        """How the layer with this value differs from the one that its config makes; None if that cannot be told."""
        try:
            one, values = effects(self._patient, lambda: self._make(value))
            other, _ = effects(self._patient, lambda: _revived(self._known, config), values)
        except Exception:
            return None
        if "refusal" in one and (foreign or "refusal" in other):
            return None
        names = [name for name in NAMES if apart(one, other, name)]
        steady = [name for name in names if not apart(*self._alike, name)] if names else []
        if not steady:
            return []
        facts: dict[str, Any] = {
            "value": f"{self.name}={_short(value)}",
            "effect": NAMES[steady[0]],
            "apart": apart(one, other, steady[0]),
        }
        return [Message("Made with {value}, and again from its config, it differs in {effect}: {apart}.", facts)]

    @property
    def _alike(self) -> tuple[Effects, Effects]:
        """Two layers with nothing changed: what differs between them already proves nothing."""
        patient = self._patient
        if patient.alike is None:
            one, values = effects(patient, lambda: _made(self._known, self._found))
            other, _ = effects(patient, lambda: _revived(self._known, self._found), values)
            patient.alike = one, other
        return patient.alike


def _given(patient: Patient, parameter: inspect.Parameter) -> Any:
    """What the layer was made with, as far as Keras or the layer remembers."""
    layer = patient.subject
    remembered = getattr(getattr(layer, "_auto_config", None), "config", None) or {}
    kept = {**{name.removeprefix("_"): value for name, value in vars(layer).items()}, **remembered}
    return kept.get(parameter.name, parameter.default)


def _made(layer_class: Any, config: Mapping[str, Any]) -> Any:
    """A layer of these arguments, in the way that Keras makes one from a config, if the class has none of its own."""
    if layer_class.from_config.__func__ is keras.layers.Layer.from_config.__func__:
        return _revived(layer_class, config)
    return layer_class(**{name: _decoded(config, name) for name in config})


def _revived(layer_class: Any, config: Mapping[str, Any]) -> Any:
    return layer_class.from_config({name: copy.copy(value) for name, value in config.items()})


def _decoded(config: Mapping[str, Any], name: str) -> Any:
    value = config[name]
    if not (isinstance(value, dict) and "class_name" in value):
        return value
    try:
        return keras.saving.deserialize_keras_object(value)
    except Exception:  # a class that is not registered: another check tells
        return value


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(one is other or one == other)
    except Exception:
        return False


def _short(value: Any) -> str:
    text = getattr(value, "__name__", "") or (
        repr(value)
        if isinstance(value, (bool, int, float, str, list, tuple, dict, type(None)))
        else type(value).__name__
    )
    return text if len(text) <= 40 else f"{text[:39]}…"
