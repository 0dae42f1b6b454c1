"""A function's definition, from its source to a syntax tree and from a rewritten tree to code."""

from __future__ import annotations
import __future__

import ast
import dis
import inspect
import itertools
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from explorer.core.tracing.rewrite import TAP

_FACTORY = "layer_explorer_factory"
_COUNT = itertools.count()


class Untappable(Exception):
    """The function cannot be rewritten; the message says why."""


@dataclass(frozen=True, eq=False)
class Definition:
    """Where a function was defined.

    Attributes:
        tree: its syntax tree, with places in `source`.
        source: its text, moved to the left edge.
        first_line: the line of its file where it starts.
    """

    tree: ast.FunctionDef
    source: str
    first_line: int


def definition_of(function: types.FunctionType) -> Definition:
    """A function's definition.

    Raises:
        Untappable: if there is none, if it is not that of the function's code, or if it cannot be rewritten.
    """
    if hasattr(function, "__wrapped__"):
        raise Untappable("a wrapper around another function")
    try:
        lines, first_line = inspect.getsourcelines(function)
        tree = _parsed(lines)
    except (OSError, TypeError, SyntaxError, ValueError) as error:
        raise Untappable(f"no readable source: {error}") from error
    named = isinstance(tree, ast.FunctionDef)
    if not isinstance(tree, ast.FunctionDef):
        tree = _lambda_in(tree, function.__code__, first_line)
    tree.decorator_list = []  # they gave back this very function, or its name would not be the definition's
    if function.__code__.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        raise Untappable("a generator or a coroutine")
    _bare(tree)
    if named and not _is_code_of(tree, function):
        raise Untappable("its file has changed since it was read")
    source, moved = _moved(lines)
    node: Any
    for node in ast.walk(tree):
        if hasattr(node, "col_offset") and hasattr(node, "end_col_offset"):
            node.col_offset = max(0, node.col_offset - moved[node.lineno - 1])
            node.end_col_offset = max(0, node.end_col_offset - moved[node.end_lineno - 1])
    return Definition(tree, source, first_line)


def _lambda_in(statement: ast.stmt, code: types.CodeType, first_line: int) -> ast.FunctionDef:
    """The lambda in a statement whose expression the code was made of, as a function that returns it.

    Raises:
        Untappable: if there is none.
    """
    places: list[Any] = [place for place in code.co_positions() if None not in place and place[3]]
    starts = [(line - first_line + 1, column) for line, _, column, _ in places]
    ends = [(line - first_line + 1, column) for _, line, _, column in places]
    found = [
        node
        for node in ast.walk(statement)  # from the outermost to the innermost
        if isinstance(node, ast.Lambda)
        and starts
        and (node.body.lineno, node.body.col_offset) <= min(starts)
        and max(ends) <= (node.body.end_lineno or 0, node.body.end_col_offset or 0)
    ]
    if not found:
        raise Untappable("not a plain function")
    body = ast.copy_location(ast.Return(found[-1].body), found[-1].body)
    function = ast.FunctionDef(name="<lambda>", args=found[-1].args, body=[body], decorator_list=[], lineno=1)
    return ast.copy_location(function, found[-1])


def _parsed(lines: Sequence[str]) -> ast.stmt:
    """The statement that these lines are, with line numbers from 1, whatever its indentation."""
    (block,) = ast.parse("if True:\n" + "".join(lines) if lines[0][:1].isspace() else "".join(lines)).body
    if not lines[0][:1].isspace():
        return block
    assert isinstance(block, ast.If)
    (statement,) = block.body
    return ast.increment_lineno(statement, -1)


def _moved(lines: Sequence[str]) -> tuple[str, list[int]]:
    """The source without the first line's indentation, and how many bytes each line has lost."""
    indentation = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    moved = [line.removeprefix(indentation) for line in lines]
    return "".join(moved), [len(old) - len(new) for old, new in zip(lines, moved, strict=True)]


def _bare(tree: ast.FunctionDef) -> None:
    """Take off what is evaluated where the function is defined: it has been."""
    tree.returns = None
    for argument in ast.walk(tree.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    tree.args.defaults = [ast.Constant(None) for _ in tree.args.defaults]
    tree.args.kw_defaults = [default and ast.Constant(None) for default in tree.args.kw_defaults]


def compiled(definition: Definition, function: types.FunctionType) -> types.CodeType:
    """The code of a definition that was rewritten, in a file of its own that exists by name only."""
    return _compiled(definition.tree, function, f"<tapped {function.__qualname__} {next(_COUNT)}>")


def originals(code: types.CodeType, original: types.CodeType) -> dict[types.CodeType, types.CodeType]:
    """For the code of every function within a rewritten one, that of the original."""
    found: dict[types.CodeType, types.CodeType] = {}
    for name, copies in _inside(code).items():
        own = _inside(original).get(name, [])
        if len(own) == len(copies):
            for copy, one in zip(copies, own, strict=True):
                found |= {copy: one} | originals(copy, one)
    return found


def _inside(code: types.CodeType) -> dict[str, list[types.CodeType]]:
    named: dict[str, list[types.CodeType]] = {}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            named.setdefault(constant.co_name, []).append(constant)
    return named


def _compiled(tree: ast.FunctionDef, function: types.FunctionType, file: str) -> types.CodeType:
    """Compile a definition where it stood: inside its class, which mangles private names, and its outer functions.

    Raises:
        Untappable: if it uses a name that the function does not have.
    """
    own = function.__code__
    name = _class_of(own.co_qualname)
    owner = ast.ClassDef(name, bases=[], keywords=[], body=[tree], decorator_list=[])
    arguments = [ast.arg(name) for name in (TAP, *own.co_freevars)]
    factory = ast.FunctionDef(
        name=_FACTORY,
        args=ast.arguments(posonlyargs=[], args=arguments, kwonlyargs=[], kw_defaults=[], defaults=[]),
        body=[owner] if name in own.co_freevars else [ast.Global([name]), owner],  # the factory has no such name
        decorator_list=[],
    )
    module = ast.fix_missing_locations(ast.Module([factory], type_ignores=[]))
    code = compile(module, file, "exec", own.co_flags & __future__.annotations.compiler_flag, dont_inherit=True)
    for _ in range(3):  # the factory, the class, the function
        code = next(constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    if set(code.co_freevars) - {TAP, *own.co_freevars}:
        raise Untappable("it asks for its class, and has none")
    return _named(code, code.co_qualname, own.co_qualname)


def _class_of(qualified_name: str) -> str:
    """The innermost class around a function, by the function's name; `_` where there is none, which mangles nothing."""
    parts = qualified_name.split(".")
    inner = zip(reversed(parts[:-1]), reversed(parts[1:]), strict=True)
    return next((part for part, inside in inner if "<locals>" not in (part, inside)), "_")


def _named(code: types.CodeType, prefix: str, name: str) -> types.CodeType:
    """The code with the original's qualified name, and so all functions and classes in it."""

    def renamed(constant: object) -> object:
        if isinstance(constant, types.CodeType):
            return _named(constant, prefix, name)
        return name + constant[len(prefix) :] if isinstance(constant, str) and constant.startswith(prefix) else constant

    qualified = name + code.co_qualname.removeprefix(prefix)
    return code.replace(co_consts=tuple(map(renamed, code.co_consts)), co_qualname=qualified)


def _is_code_of(tree: ast.FunctionDef, function: types.FunctionType) -> bool:
    """Whether the function's code was compiled from this definition.

    One with an `assert` is believed if its name is right: pytest writes assertions anew.
    """
    if any(isinstance(node, ast.Assert) for node in ast.walk(tree)):
        return tree.name == function.__code__.co_name
    return _same(_compiled(tree, function, ""), function.__code__)


def _same(one: types.CodeType, other: types.CodeType) -> bool:
    names = ("co_names", "co_varnames", "co_cellvars", "co_freevars", "co_qualname")
    return (
        all(getattr(one, name) == getattr(other, name) for name in names)
        and len(one.co_consts) == len(other.co_consts)
        and all(
            _same(a, b)
            if isinstance(a, types.CodeType) and isinstance(b, types.CodeType)
            else repr(a) == repr(b) or (isinstance(a, frozenset) and a == b)
            for a, b in zip(one.co_consts, other.co_consts, strict=True)
        )
        and _instructions(one) == _instructions(other)
    )


def _instructions(code: types.CodeType) -> list[tuple[int, int]]:
    """What the code does. How it calls an attribute of a name depends on the module's imports: that is left out."""
    pairs = zip(code.co_code[::2], code.co_code[1::2], strict=True)
    return [(kind, 0 if kind in _PLACES else argument) for kind, argument in pairs if kind not in _FORMS]


_FORMS = frozenset(
    dis.opmap[name] for name in ("CACHE", "EXTENDED_ARG", "PUSH_NULL", "LOAD_METHOD", "LOAD_ATTR") if name in dis.opmap
)
_PLACES = frozenset((*dis.hasjrel, *dis.hasjabs, dis.opmap["LOAD_GLOBAL"]))
