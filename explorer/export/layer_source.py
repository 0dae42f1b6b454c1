"""Take a layer's class out of its file together with just what it needs, without importing Keras."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable
from pathlib import Path

UNPACK = '''
def unpack(text, shape, dtype):
    """The array that was packed into text."""
    return np.frombuffer(zlib.decompress(base64.b85decode(text)), dtype).reshape(shape)
'''


def self_contained(paths: Iterable[str], packed: bool = False, future: bool = True) -> list[str]:
    """The lines of imports and definitions that a program needs in order to construct layers.

    Args:
        paths: "module:attribute" of each, as cards name them. A class of Keras needs no definitions.
        packed: whether the program unpacks arrays.
        future: whether these lines are the program's first ones, and may import from `__future__`.
    """
    imports = {"import keras", "import numpy as np"} | ({"import base64", "import zlib"} if packed else set())
    definitions: list[str] = []
    seen: set[tuple[str, str]] = set()
    for path in paths:
        module, name = path.split(":")
        if module not in ("keras", "keras.layers"):
            _collect(module, {name}, imports, definitions, seen)
    first = sorted(line for line in imports if "__future__" in line)
    plain = sorted(imports - set(first), key=lambda line: ("keras" in line or "numpy" in line, line))
    lines = [*(first if future else ()), *plain, *([UNPACK] if packed else [])]
    return lines + [f"\n{definition}\n" for definition in definitions]


def _collect(
    module: str, names: set[str], imports: set[str], definitions: list[str], seen: set[tuple[str, str]]
) -> None:
    """Add the statements of a module that define some names, and, first, those that these need in turn."""
    source = _file(module).read_text(encoding="utf-8")
    statements = _by_name(ast.parse(source))
    chosen: list[ast.stmt] = []

    def need(name: str) -> None:
        statement = statements.get(name)
        if statement is None or (module, name) in seen:
            return
        seen.add((module, name))
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("layers"):
            wanted = {alias.name for alias in statement.names if (alias.asname or alias.name) == name}
            _collect(statement.module or "", wanted, imports, definitions, seen)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            imports.add(_single_import(statement, name))
        else:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name):
                    need(node.id)
            if statement not in chosen:
                chosen.append(statement)

    for name in sorted(names):
        need(name)
    imports.add("from __future__ import annotations")
    lines = source.splitlines()
    for statement in sorted(chosen, key=lambda s: s.lineno):
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
        definitions.append("\n".join(lines[first - 1 : statement.end_lineno]))


def _by_name(tree: ast.Module) -> dict[str, ast.stmt]:
    """Which top-level statement gives each name."""
    found: dict[str, ast.stmt] = {}
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            found[statement.name] = statement
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            found.update({alias.asname or alias.name.split(".")[0]: statement for alias in statement.names})
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            found.update({target.id: statement for target in targets if isinstance(target, ast.Name)})
    return found


def _single_import(statement: ast.Import | ast.ImportFrom, name: str) -> str:
    (alias,) = (alias for alias in statement.names if (alias.asname or alias.name.split(".")[0]) == name)
    text = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
    return f"from {statement.module} import {text}" if isinstance(statement, ast.ImportFrom) else f"import {text}"


def _file(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    return Path(spec.origin)
