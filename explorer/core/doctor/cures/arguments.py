"""Arguments of the constructor: kept, written into the config, read from it again, made anew for each layer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from explorer.core.doctor.curing.proposing import Change, Function, Ill, called, cure
from explorer.core.mistakes.configs import BASE
from explorer.core.mistakes.syntax import self_attribute, targets
from explorer.core.source_edits import Edit
from explorer.model.trace import Message

_SERIALIZED = ("activations", "initializers", "regularizers", "constraints", "losses")
_WRITTEN = Message("Write {names} into the config")


@cure("remade", "call", "config_complete")
def constructor(ill: Ill) -> Iterator[Change]:
    """`**kwargs` to hand on to Keras, and a call of the parent's constructor."""
    method = ill.methods.get("__init__")
    if method is not None:
        keywords = Message("Take **kwargs, and hand them on to the parent's constructor")
        yield Change(keywords, ill.source.keywords_handed_on(method) or ())
        yield Change(Message("Call the parent's constructor first"), ill.source.parent_called(method))


@cure("config", "config_complete", "remade")
def written(ill: Ill) -> Iterator[Change]:
    """Entries of get_config for arguments that it forgets: as they are, or as data to make them of again."""
    method = ill.methods.get("__init__")
    if method is None:
        return
    names = [p.arg for p in _parameters(method) if p.arg not in BASE]
    told = ill.facts.get("names") or " ".join(ill.facts.values())
    lost = [name for name in names if re.search(rf"\b{name}\b", told)] or names
    what = Message(_WRITTEN.msgid, {"names": ", ".join(lost)})
    kept = {name: _kept(method, name) for name in lost}
    if all(kept.values()):
        yield Change(what, tuple(_entries(ill, {name: one[1] for name, one in kept.items() if one})))
    stored = [f"self.{name} = {name}" for name in lost if (one := kept[name]) is None or one[1] != f"self.{name}"]
    if stored:
        as_given = tuple(_entries(ill, {name: f"self.{name}" for name in lost}))
        more = Message("Keep {names} as given, and write it into the config", {"names": ", ".join(lost)})
        yield Change(more, (*ill.in_constructor(stored), *as_given))
    data = {n: f"keras.saving.serialize_keras_object({one[1]})" for n, one in kept.items() if one and one[0]}
    if len(data) == len(lost):
        text = Message("Write {names} into the config as data, and make it again from that", {"names": ", ".join(lost)})
        yield Change(text, (*_entries(ill, data), *_made_again(ill, *lost)))


@cure("revived", "remade", "keras_file")
def made_again(ill: Ill) -> Iterator[Change]:
    """A layer that comes back from the config as a dictionary."""
    method = ill.methods.get("__init__")
    for parameter in _parameters(method) if method is not None else ():
        what = Message("Make {name} again, where it comes from a config", {"name": parameter.arg})
        yield Change(what, tuple(_made_again(ill, parameter.arg)))


def _made_again(ill: Ill, *names: str) -> Iterator[Edit]:
    """At the beginning of the constructor: what comes as a dictionary is made again."""
    again = "{0} = keras.saving.deserialize_keras_object({0}) if isinstance({0}, dict) else {0}"
    yield ill.lines_before(ill.first_statement("__init__"), [again.format(name) for name in names])


def _own(ill: Ill, name: str) -> Function | None:
    """A method that the class itself defines."""
    body = ill.classes[0].body if ill.classes else []
    return next((n for n in body if isinstance(n, ast.FunctionDef) and n.name == name), None)


def _parameters(method: Function) -> list[ast.arg]:
    return [*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs][1:]


def _kept(method: Function, name: str) -> tuple[bool, str] | None:
    """How the constructor keeps an argument: whether as it came, and the expression that writes it into a config."""
    for node in ast.walk(method):
        value = getattr(node, "value", None)
        goals = targets(node)
        parts = value.elts if isinstance(value, ast.Tuple) and len(value.elts) == len(goals) else [value] * len(goals)
        for goal, part in zip(goals, parts, strict=True):
            attribute = self_attribute(goal)
            if attribute and isinstance(part, ast.Name) and part.id == name:
                return True, f"self.{attribute}"
            if not isinstance(part, ast.Call) or not part.args:
                continue
            given = part.args[0]
            if attribute and isinstance(given, ast.Name) and given.id == name:
                home = getattr(getattr(part.func, "value", None), "attr", "")
                if called(part) == "get" and home in _SERIALIZED:
                    return False, f"keras.{home}.serialize(self.{attribute})"
                if called(part) in ("tuple", "list", "dict", "int", "float", "str", "bool"):
                    return False, f"self.{attribute}"
    return None


def _entries(ill: Ill, entries: dict[str, str]) -> Iterator[Edit]:
    """The edits that write entries into the config."""
    method = _own(ill, "get_config")
    added = ", ".join(f'"{name}": {text}' for name, text in entries.items())
    if method is None:
        yield from ill.method_added(["def get_config(self):", f"    return {{**super().get_config(), {added}}}"])
        return
    returned = [n.value for n in ast.walk(method) if isinstance(n, ast.Return) and n.value is not None]
    if len(returned) != 1:
        return
    dictionaries = [node for node in ast.walk(method) if isinstance(node, ast.Dict)]
    for node in dictionaries:
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in entries:  # it is there, with another value
                yield ill.source.put(value, entries.pop(str(key.value)))
    added = ", ".join(f'"{name}": {text}' for name, text in entries.items())
    if added and isinstance(returned[0], ast.Dict) and returned[0].values:
        yield ill.source.after(returned[0].values[-1], f", {added}")
    elif added:
        yield ill.source.put(returned[0], f"{{**{ill.text(returned[0])}, {added}}}")


@cure("defaults_stay")
def new_default(ill: Ill) -> Iterator[Change]:
    """A default that all layers share and one of them changes."""
    method = ill.methods.get("__init__")
    if method is None:
        return
    given = method.args
    places = [*given.posonlyargs, *given.args]
    pairs = [*zip(places[len(places) - len(given.defaults) :], given.defaults, strict=True)]
    pairs += [(a, d) for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d is not None]
    for argument, default in pairs:
        if not isinstance(default, (ast.List, ast.Dict, ast.Set)):
            continue
        name, text = argument.arg, ill.text(default)
        if isinstance(default, ast.List):
            inside = text[1:-1].rstrip().rstrip(",")
            yield Change(
                Message("Let the default of {name} be a tuple", {"name": name}),
                (ill.source.put(default, f"({inside},)" if inside else "()"),),
            )
        kind = type(default).__name__.lower()
        line = f"{name} = {text} if {name} is None else {kind}({name})"
        yield Change(
            Message("Let the default of {name} be None, and make a new one for each layer", {"name": name}),
            (ill.source.put(default, "None"), ill.lines_before(ill.first_statement("__init__"), [line])),
        )


@cure("registered")
def registered(ill: Ill) -> Iterator[Change]:
    """A name for the class in a file."""
    if ill.classes:
        owner = ill.classes[0]
        first = owner.decorator_list[0] if owner.decorator_list else owner
        line, at = ill.source.start(first)
        at -= 1 if owner.decorator_list else 0
        space = ill.source.lines[line - 1][:at]
        text = f'@keras.saving.register_keras_serializable("my_package")\n{space}'
        yield Change(Message("Register the class under a name of your own"), (Edit(line, at, line, at, text),))
