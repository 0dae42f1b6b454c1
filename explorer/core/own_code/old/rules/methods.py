"""Methods and constructors of layers as older versions of Keras wanted them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from explorer.core.own_code.old.rules.imports import import_edit
from explorer.core.own_code.old.source import Old, rule
from explorer.core.source_edits import Edit, Source, constant, keyword_of, sets_self
from explorer.model.trace import Message


@rule
def dead_output_shape(source: Source) -> Iterator[Old]:
    """`get_output_shape_for`, which was renamed in Keras 2."""
    for _, method in source.methods("get_output_shape_for"):
        what = Message(
            "Keras never calls “{name}” any more. It works the output's shape out from “call”.", {"name": method.name}
        )
        yield Old(method.lineno, what, source.line_dropped(method), "advice")


@rule
def divided_shape(source: Source) -> Iterator[Old]:
    """A size of a shape divided by `/`, which gives a fraction in Python 3."""
    for name in ("compute_output_shape", "build"):
        for _, method in source.methods(name):
            given = {argument.arg for argument in method.args.args[1:]}
            for node in ast.walk(method):
                if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Div):
                    continue
                size = node.left
                if isinstance(size, ast.Subscript) and isinstance(size.value, ast.Name) and size.value.id in given:
                    between = source.text(node)[len(source.text(size)) :].partition("/")[0]
                    line, at = source.end(size)
                    edit = Edit(line, at + len(between), line, at + len(between) + 1, "//")
                    what = Message("A size is a whole number: divide it with “//”.")
                    yield Old(node.lineno, what, (edit,) if "\n" not in between else ())


@rule
def call_without_self(source: Source) -> Iterator[Old]:
    """`def call(x)`."""
    for name in ("call", "build", "compute_output_shape", "get_config", "compute_mask"):
        for _, method in source.methods(name):
            arguments = [*method.args.posonlyargs, *method.args.args]
            if method.decorator_list or (arguments and arguments[0].arg in ("self", "cls")) or method.args.vararg:
                continue
            what = Message("A method's first parameter is “self”, the layer itself.")
            line, at = source.start(method)
            opening = source.lines[line - 1].find("(", at) + 1
            text = "self, " if arguments else "self"
            yield Old(method.lineno, what, (Edit(line, opening, line, opening, text),) if opening else ())


@rule
def build_without_shape(source: Source) -> Iterator[Old]:
    """`super().build()`."""
    for _, method in source.methods("build"):
        names = [argument.arg for argument in method.args.args[1:2]]
        for node in ast.walk(method):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "build"
            if called and _is_super(node.func.value) and not node.args and not node.keywords and names:  # type: ignore[attr-defined]
                assert isinstance(node, ast.Call)
                what = Message("The parent's “build” takes the input's shape.")
                yield Old(node.lineno, what, (source.added(node, names[0]),))


@rule
def keywords_for_keras(source: Source) -> Iterator[Old]:
    """A constructor that hands no `**kwargs` on: the layer can get no name and no dtype, and cannot be loaded."""
    for _, method in source.methods("__init__"):
        edits = source.keywords_handed_on(method)
        if edits is not None:
            what = Message(
                "Hand “**kwargs” on to Keras: the layer's name and dtype come in them, and loading needs them."
            )
            yield Old(method.lineno, what, edits, "advice")


@rule
def missing_super_init(source: Source) -> Iterator[Old]:
    """A constructor that does not call its parent's."""
    for owner, method in source.methods("__init__"):
        edits = source.parent_called(method) if _is_layer(source, owner) else ()
        if edits:
            what = Message("A layer's constructor first calls its parent's: without it Keras cannot keep the weights.")
            yield Old(method.lineno, what, edits)


@rule
def weights_set_by_hand(source: Source) -> Iterator[Old]:
    """`self.trainable_weights = [self.W]`."""
    for node in source.nodes:
        for name in ("trainable_weights", "non_trainable_weights", "weights"):
            if sets_self(node, name):
                what = Message("Keras finds the weights by itself; “{name}” cannot be set.", {"name": f"self.{name}"})
                yield Old(getattr(node, "lineno", 0), what, source.line_dropped(node))


@rule
def add_weight_by_place(source: Source) -> Iterator[Old]:
    """`self.add_weight("kernel", (3, 4))`: the name was the first argument once."""
    for node in source.nodes:
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_weight"
        if not called or not isinstance(node, ast.Call) or not node.args:
            continue
        if not isinstance(constant(node.args[0]), str):
            continue
        names = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")
        edits = [
            source.before(argument, f"{name}=")
            for name, argument in zip(names, node.args, strict=False)
            if not isinstance(argument, ast.Starred)
        ]
        yield Old(node.lineno, Message("“add_weight” takes its arguments by name today."), tuple(edits))


@rule
def tensorflow_variable(source: Source) -> Iterator[Old]:
    """`self.w = tf.Variable(...)`: Keras does not see it."""
    for node in source.nodes:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        target, call = node.targets[0], node.value
        own = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
        if not own or source.full_name(call.func) not in ("tensorflow.Variable", "tf.Variable"):
            continue
        edits = [source.put(call.func, "keras.Variable")]
        value = keyword_of(call, "initial_value")
        if value is not None:
            edits.append(source.keyword_name(value, "initializer"))
        what = Message(
            "Keras does not see a tf.Variable: it is missing from the weights, and training does not move it. A "
            "keras.Variable is seen."
        )
        if "keras" not in source.bound and "keras" not in source.unknown:
            edits.append(import_edit(source, "keras"))
        yield Old(node.lineno, what, tuple(edits), "advice")


@rule
def nothing_returned(source: Source) -> Iterator[Old]:
    """A `call` that ends in a bare `return`."""
    for _, method in source.methods("call"):
        arguments = [argument.arg for argument in method.args.args[1:2]]
        last = method.body[-1]
        if isinstance(last, ast.Return) and last.value is None and arguments:
            line, at = source.start(last)
            what = Message("“call” gives back what the layer makes of its input; a bare “return” gives nothing.")
            yield Old(last.lineno, what, (Edit(line, at, line, at + len("return"), f"return {arguments[0]}"),))


_ARGUMENTS = {
    "border_mode": "padding",
    "subsample": "strides",
    "nb_filter": "filters",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "bias": "use_bias",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "p": "rate",
}
_WITH_THESE = (
    "Dense",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Convolution1D",
    "Convolution2D",
    "LSTM",
    "GRU",
    "SimpleRNN",
    "MaxPooling1D",
    "MaxPooling2D",
    "AveragePooling2D",
    "Dropout",
    "SeparableConv2D",
)


@rule
def old_arguments(source: Source) -> Iterator[Old]:
    """`Dense(output_dim=4, init="uniform")`, `Conv2D(8, 3, border_mode="same")`."""
    for node in source.nodes:
        if not isinstance(node, ast.Call):
            continue
        name = source.full_name(node.func).rpartition(".")[2]
        for keyword in node.keywords if name in _WITH_THESE else ():
            today = "units" if keyword.arg == "output_dim" else _ARGUMENTS.get(keyword.arg or "")
            if today and not (keyword.arg == "p" and name != "Dropout"):
                what = Message("The argument “{old}” is called “{new}” today.", {"old": keyword.arg, "new": today})
                yield Old(node.lineno, what, (source.keyword_name(keyword, today),))


# ------------------------------------------------------------------------------------------------ questions
def _is_super(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _is_layer(source: Source, owner: ast.ClassDef) -> bool:
    """Whether a class inherits from a layer of Keras, directly or from another class of the text."""
    names = [source.full_name(base).rpartition(".")[2] for base in owner.bases]
    known = {one.name: one for one in source.classes}
    return any(
        name in ("Layer", "Model", "Wrapper")
        or (name in known and known[name] is not owner and _is_layer(source, known[name]))
        for name in names
    )
