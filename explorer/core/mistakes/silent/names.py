"""Methods and arguments whose names Keras does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.names import misspelled_methods, slip
from explorer.core.mistakes.reading import Method, Reading
from explorer.core.mistakes.rules import silent
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix
from explorer.model.trace import Message


@silent
def methods(reading: Reading) -> Iterator[Diagnosis]:
    """Methods that Keras never calls."""
    for method, name, hook in misspelled_methods(reading):
        yield misspelled_method(method, name, hook)


def misspelled_method(method: Method, name: str, hook: str) -> Diagnosis:
    """The diagnosis of one such method."""
    cause = Message("Keras never calls a method of the name {name}; it calls {hook}.", {"name": name, "hook": hook})
    place = method.place()
    text = Message("Name it {hook}.", {"hook": hook})
    new = re.sub(rf"\bdef {re.escape(method.tree.name)}\(", f"def {hook}(", place.text)
    return diagnosis("misspelled_method", cause, place, (Fix(text, place.text, new, place.line),), hook, name)


@silent
def arguments(reading: Reading) -> Iterator[Diagnosis]:
    """Arguments of call that look like `training` or `mask`, and have a default that nobody replaces."""
    call = reading.methods.get("call")
    if call is None:
        return
    names = [argument.arg for argument in call.parameters]
    with_default = names[len(names) - len(call.tree.args.defaults) - len(call.tree.args.kwonlyargs) :]
    for argument in call.parameters[1:]:
        meant = _meant(argument.arg)
        if argument.arg not in with_default or meant is None or meant in names:
            continue
        cause = Message(
            "Keras fills in an argument {meant} of call; of {name} it knows nothing.",
            {"meant": meant, "name": argument.arg},
        )
        fix = Fix(Message("Name it {name}, here and wherever call uses it.", {"name": meant}))
        place = call.place(argument)
        yield diagnosis("misspelled_argument", cause, place, (fix,), meant, argument.arg)


_TRAINING = ("is_training", "istraining", "train", "is_train", "training_mode", "train_mode")


def _meant(name: str) -> str | None:
    if name in _TRAINING:
        return "training"
    plain = name.lower().strip("_")
    return next((known for known in ("training", "mask") if slip(plain, known)), None)
