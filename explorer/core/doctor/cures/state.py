"""Weights and parts: tracked, made once, changed in place; random numbers from a generator that the layer holds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import keras

from explorer.core.doctor.curing.proposing import Change, Ill, called, cure
from explorer.core.mistakes.syntax import self_attribute, targets
from explorer.core.source_edits import Edit, keyword_of
from explorer.model.trace import Message

_GENERATOR = "seed_generator"
_RANDOM = ("normal", "uniform", "truncated_normal")


@cure("tracked_state", "graph")
def keras_variable(ill: Ill) -> Iterator[Change]:
    """`keras.Variable` in the place of `tf.Variable`."""
    edits: list[Edit] = []
    for node in ill.nodes:
        if isinstance(node, ast.Call) and ill.source.full_name(node.func) == "tensorflow.Variable":
            edits.append(ill.source.put(node.func, "keras.Variable"))
            value = keyword_of(node, "initial_value")
            edits += [ill.source.keyword_name(value, "initializer")] if value is not None else []
    yield Change(Message("Make the variables with keras.Variable"), tuple(edits))


@cure("plain_arrays")
def array_as_weight(ill: Ill) -> Iterator[Change]:
    """An array among the attributes becomes a weight."""
    drawn = ill.finding.outcome == "failed"  # of an array that is constant there is only advice
    name = ill.facts["name"]
    for method in ("__init__", "build"):
        for node in ast.walk(ill.methods[method]) if method in ill.methods else ():
            if isinstance(node, ast.Assign) and [self_attribute(t) for t in node.targets] == [name]:
                fixed = "" if drawn else ", trainable=False"
                text = f'keras.Variable({ill.text(node.value)}{fixed}, name="{name}")'
                what = Message("Make self.{name} a weight", {"name": name})
                yield Change(what, (ill.source.put(node.value, text),))


# ------------------------------------------------------------------------------------------------ made once
@cure("no_new_variables", "call", "symbolic", "graph")
def made_once(ill: Ill) -> Iterator[Change]:
    """Layers and generators that `call` makes: made by the constructor, kept, and used here."""
    method = ill.methods.get("call")
    if method is None:
        return
    local = {a.arg for a in (*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs)} - {"self"}
    local |= {n.id for n in ast.walk(method) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    loops = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp, ast.Lambda)
    repeated = {id(n) for loop in ast.walk(method) if isinstance(loop, loops) for n in ast.walk(loop)}
    edits, lines = [], []
    taken = {self_attribute(node) for node in ill.nodes}
    for node in ast.walk(method):
        if not isinstance(node, ast.Call) or id(node) in repeated or not _is_part(ill, node):
            continue
        if any(isinstance(n, ast.Name) and n.id in local for n in ast.walk(node)):
            continue
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", called(node)).lower()
        name = next(one for one in (snake, *(f"{snake}_{n}" for n in range(2, 100))) if one not in taken)
        taken.add(name)
        edits.append(ill.source.put(node, f"self.{name}"))
        lines.append(f"self.{name} = {ill.text(node)}")
    if edits:
        names = ", ".join(line.partition(" ")[0] for line in lines)
        what = Message("Make {names} in the constructor, and only use it in call", {"names": names})
        yield Change(what, (*edits, *ill.in_constructor(lines)))


def _is_part(ill: Ill, node: ast.Call) -> bool:
    """Whether a call makes a layer or a generator of random numbers."""
    name = called(node)
    thing: Any = getattr(keras.layers, name, None) or getattr(keras.random, name, None)
    known = isinstance(thing, type) and issubclass(thing, (keras.layers.Layer, keras.random.SeedGenerator))
    return known and self_attribute(node.func) == ""


@cure("no_new_variables", "call", "symbolic", "graph")
def weight_in_build(ill: Ill) -> Iterator[Change]:
    """`add_weight` in `call`."""
    method = ill.methods.get("call")
    given = ill.first_argument() if method is not None else ""
    for node in ast.walk(method) if method is not None else ():
        if not (isinstance(node, ast.Assign) and called(node.value) == "add_weight" and len(node.targets) == 1):
            continue
        attribute = self_attribute(node.targets[0])
        local = node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""
        shape = re.sub(rf"\b{given}\.shape|[\w.]*\bshape\({given}\)", "input_shape", ill.text(node.value))
        line = f"self.{attribute or local} = {shape}"
        here = ill.source.put(node, f"{local} = self.{local}") if local else None
        removed = [here] if here is not None else [*ill.source.line_dropped(node)]
        what = Message("Make self.{name} in build", {"name": attribute or local})
        if "build" not in ill.methods:
            added = [*ill.method_added(["def build(self, input_shape):", f"    {line}"])]
        else:
            own = line.replace("input_shape", ill.first_argument("build"))
            added = [ill.lines_after(ill.methods["build"].body[-1], [own])]
        yield Change(what, (*removed, *added))


@cure("complete_build")
def parts_built(ill: Ill) -> Iterator[Change]:
    """Parts that `build` leaves out: each is built with the input's shape, or with what the one before it gives."""
    build, constructor = ill.methods.get("build"), ill.methods.get("__init__")
    if build is None or constructor is None:
        return
    named = {self_attribute(node) for node in ast.walk(build)}
    lists: dict[str, bool] = {}
    for node in ast.walk(constructor):
        for name in filter(None, map(self_attribute, targets(node))):
            value = getattr(node, "value", None)
            inner = value.elt if isinstance(value, ast.ListComp) else value
            made = [*inner.elts] if isinstance(inner, (ast.List, ast.Tuple)) else [inner]
            if name not in named and any(isinstance(one, ast.Call) and _is_part(ill, one) for one in made):
                lists[name] = inner is not value or isinstance(inner, (ast.List, ast.Tuple))
    shape = ill.first_argument("build")
    names = Message("Build {names} with the shape of the input", {"names": ", ".join(lists)})
    each = [
        f"for part in self.{n}: part.build({shape})" if many else f"self.{n}.build({shape})"
        for n, many in lists.items()
    ]
    chain = []
    for name, many in lists.items():
        part = "part" if many else f"self.{name}"
        two = [f"{part}.build({shape})", f"{shape} = {part}.compute_output_shape({shape})"]
        chain += [f"for part in self.{name}:", *(f"    {line}" for line in two)] if many else two
    if lists:
        yield Change(names, (ill.lines_after(build.body[-1], each),))
        one_by_one = Message("Build {names}, each with the shape that the one before it gives", names.params)
        yield Change(one_by_one, (ill.lines_after(build.body[-1], chain),))


# ------------------------------------------------------------------------------------------------ changed in place
@cure("attributes_stay", "graph", "symbolic")
def assigned(ill: Ill) -> Iterator[Change]:
    """A weight, or a counter, that `call` replaces by a tensor."""
    name = ill.facts.get("name", "")
    method = ill.methods.get("call")
    edits = []
    for node in ast.walk(method) if method is not None and name else ():
        if isinstance(node, ast.AugAssign) and self_attribute(node.target) == name:
            how = {ast.Add: "assign_add", ast.Sub: "assign_sub"}.get(type(node.op))
            text = f"self.{name}.{how}({ill.text(node.value)})" if how else ""
            edits += [ill.source.put(node, text)] if text else []
        elif isinstance(node, ast.Assign) and [self_attribute(t) for t in node.targets] == [name]:
            edits.append(ill.source.put(node, f"self.{name}.assign({ill.text(node.value)})"))
    if not edits:
        return
    yield Change(Message("Change the weight self.{name} itself, with assign", {"name": name}), tuple(edits))
    constructor = ill.methods.get("__init__")
    for node in ast.walk(constructor) if constructor is not None else ():
        value = getattr(node, "value", None)
        if name in map(self_attribute, targets(node)) and isinstance(value, ast.Constant):
            kind = "int32" if isinstance(value.value, int) else "float32"
            start = f"keras.initializers.Constant({ill.text(value)})" if value.value else '"zeros"'
            text = f'self.add_weight(name="{name}", shape=(), initializer={start}, dtype="{kind}", trainable=False)'
            what = Message("Make self.{name} a weight that is not trained, and change it with assign", {"name": name})
            yield Change(what, (ill.source.put(value, text), *edits))


# ------------------------------------------------------------------------------------------------ random numbers
@cure("fresh_noise")
def generator_held(ill: Ill) -> Iterator[Change]:
    """A number as the seed: a generator that the layer holds in its place."""
    edits, seeds = [], []
    for node in ill.nodes:
        seed = keyword_of(node, "seed") if isinstance(node, ast.Call) else None
        inside = any(node is n for m, f in ill.methods.items() if m not in ("__init__", "build") for n in ast.walk(f))
        if seed is not None and inside and isinstance(seed.value, ast.Constant) and isinstance(seed.value.value, int):
            edits.append(ill.source.put(seed.value, f"self.{_GENERATOR}"))
            seeds.append(seed.value.value)
    if edits:
        line = f"self.{_GENERATOR} = keras.random.SeedGenerator({seeds[0]})"
        yield Change(Message("Draw from a seed generator that the layer holds"), (*edits, *ill.in_constructor([line])))


@cure("repeatable", "graph_equals_eager")
def drawn_by_keras(ill: Ill) -> Iterator[Change]:
    """`np.random.normal()` in `call`."""
    edits = []
    for node in ill.calls(*_RANDOM, within="call"):
        home = ill.source.full_name(node.func)
        if not home.startswith(("numpy.random.", "tensorflow.random.")) or (node.args and home.startswith("numpy")):
            continue
        size = keyword_of(node, "size", "shape")
        shape = ill.text(size.value) if size else ill.text(node.args[0]) if node.args else "()"
        edits.append(ill.source.put(node, f"keras.random.{called(node)}({shape}, seed=self.{_GENERATOR})"))
    if edits:
        line = f"self.{_GENERATOR} = keras.random.SeedGenerator()"
        yield Change(Message("Draw from a seed generator that the layer holds"), (*edits, *ill.in_constructor([line])))


# ------------------------------------------------------------------------------------------------ losses
@cure("loss_scale", "losses")
def loss_of_one_sample(ill: Ill) -> Iterator[Change]:
    """A sum over the batch, or a loss for each sample."""
    given = ill.first_argument() if "call" in ill.methods else ""
    for node in ill.calls("add_loss"):
        text = ill.text(node.args[0]) if node.args else ""
        if not text:
            continue
        mean = Message("Add the mean of the losses of the samples")
        if ill.finding.check == "losses":
            yield Change(mean, (ill.source.put(node.args[0], f"{ill.ops('mean')}({text})"),))
        else:
            product = isinstance(node.args[0], (ast.Name, ast.Call)) or isinstance(
                getattr(node.args[0], "op", None), ast.Mult
            )
            rows = f"{ill.ops('cast')}({ill.ops('shape')}({given})[0], {given}.dtype)"
            yield Change(
                Message("Divide the loss by the size of the batch"),
                (ill.source.put(node.args[0], f"{text if product else f'({text})'} / {rows}"),),
            )
