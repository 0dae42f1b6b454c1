"""The config: plain data, and every argument of the constructor in it."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any

import keras

from explorer.core.doctor.blame import find, is_keras, method_place
from explorer.core.doctor.compare import identical
from explorer.core.doctor.effects import NAMES, apart, effects
from explorer.core.doctor.findings import suspected, told
from explorer.core.doctor.others import named_in, others, parameters
from explorer.core.doctor.patient import BASE, Patient
from explorer.core.doctor.registry import LAST, NotApplicable, Verdict, advice, by_design, check, failed, passed
from explorer.core.doctor.remaking import alike, decoded, made, revived, short
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
        now = _given(patient, parameter) if self.missing else decoded(found, self.name)
        for value in self._values(now, parameter.default):
            if self._is_over(value, now):
                return

    def _values(self, now: Any, default: Any) -> Iterator[Any]:
        """What the layer was made with, then others; at last a text without meaning, or what its refusal names."""
        if self.missing and not identical(now, default):
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
        if not self.missing and not identical(config.get(self.name), self._found[self.name]):
            return True
        difference = self._difference(value, config, foreign=now is None or isinstance(now, str))
        if difference is None:
            return False
        self.tried.append(short(value))
        if difference:
            self.lost, self.proof = True, difference[0]
        return self.lost or len(self.tried) >= MOST

    def _make(self, value: Any) -> Any:
        return made(self._known, {**self._found, self.name: value})

    def _difference(self, value: Any, config: dict[str, Any], foreign: bool) -> list[Message] | None:
        """How the layer with this value differs from the one that its config makes; None if that cannot be told."""
        try:
            one, values = effects(self._patient, lambda: self._make(value))
            other, _ = effects(self._patient, lambda: revived(self._known, config), values)
        except Exception:
            return None
        if "refusal" in one and (foreign or "refusal" in other):
            return None
        names = [name for name in NAMES if apart(one, other, name)]
        steady = [name for name in names if not apart(*alike(self._patient), name)] if names else []
        if not steady:
            return []
        facts: dict[str, Any] = {
            "value": f"{self.name}={short(value)}",
            "effect": NAMES[steady[0]],
            "apart": apart(one, other, steady[0]),
        }
        return [Message("Made with {value}, and again from its config, it differs in {effect}: {apart}.", facts)]


def _given(patient: Patient, parameter: inspect.Parameter) -> Any:
    """What the layer was made with, as far as Keras or the layer remembers."""
    layer = patient.subject
    remembered = getattr(getattr(layer, "_auto_config", None), "config", None) or {}
    kept = {**{name.removeprefix("_"): value for name, value in vars(layer).items()}, **remembered}
    return kept.get(parameter.name, parameter.default)


@check(
    Message("It keeps what every layer takes"),
    Message("A layer was made from its config with another name, frozen, and with another dtype; and that one again."),
    Message("They have that name and dtype, and are frozen."),
    Message("A loaded or cloned layer that lost them has weights of other names, is trained although it was frozen."),
    after=("remade",),
    stage=LAST,
)
def base_arguments(patient: Patient) -> Verdict:
    """`name`, `trainable` and `dtype` on their way through constructor and config to Keras."""
    layer = patient.subject
    kept = layer.get_config()
    wanted = {"name": "another_name", "trainable": not layer.trainable, "dtype": _other_dtype(layer)}
    swallowed, refused, forgotten = [], [], []
    for name, value in wanted.items():
        try:
            other = revived(type(layer), {**kept, name: value})
            again = revived(type(layer), other.get_config())
        except Exception:  # refusing a value is not losing it
            refused += [name] if name not in kept else []
            continue
        if _base_argument(other, name) != value:
            swallowed.append(name)
        elif _base_argument(again, name) != value:
            forgotten.append(name)
    if not swallowed and not forgotten and not refused:
        return passed(Message("They are kept."))
    if is_keras(patient.known):
        names = ", ".join([*swallowed, *forgotten, *refused])
        return by_design(Message("Keras's own class decides itself about {names}.", {"names": names}))
    if swallowed:
        return _swallowed(patient, swallowed)
    lost = [*refused, *forgotten]
    seen = Message(
        "Its config does not hold {names}, so a layer made from it has the default.", {"names": ", ".join(lost)}
    )
    place = method_place(patient.known, "get_config") or method_place(patient.known, "__init__")
    fix = Fix(Message("Return what the parent's get_config returns, too, and take **kwargs for super().__init__."))
    return advice(seen, "base_argument_lost", place=place, fix=fix)


def _swallowed(patient: Patient, names: list[str]) -> Verdict:
    """A constructor that takes them and does not hand them on. A dtype of its own may be meant, as may being frozen."""
    seen = Message("The constructor takes {names} and does not hand it on to Keras.", {"names": ", ".join(names)})

    def is_super(node: Any) -> bool:
        return isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__"

    known: Any = patient.known
    place = find(known, is_super, ("__init__",)) or method_place(known, "__init__")
    fix = None
    if place is not None and "super().__init__()" in place.text:
        taken = inspect.signature(known.__init__).parameters.values()
        handed = [f"{p.name}={p.name}" for p in taken if p.name in names]
        handed += [f"**{p.name}" for p in taken if p.kind is inspect.Parameter.VAR_KEYWORD]
        after = place.text.replace("super().__init__()", f"super().__init__({', '.join(handed)})")
        fix = Fix(Message("Hand them on to Keras."), place.text, after, place.line)
    return (failed if "name" in names else advice)(seen, "keywords_not_handed_on", place=place, fix=fix)


def _base_argument(layer: Any, name: str) -> Any:
    return layer.dtype_policy.name if name == "dtype" else getattr(layer, name)


def _other_dtype(layer: Any) -> str:
    return "float64" if layer.dtype_policy.name != "float64" else "float32"
