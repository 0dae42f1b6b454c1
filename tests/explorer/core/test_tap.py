"""The rewritten function computes what the original computes, and reports where it is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from explorer.core.tracing.definition import Untappable
from explorer.core.tracing.operators import OPERATORS
from explorer.core.tracing.source_position import Site
from explorer.core.tracing.tap import own_names, rewritten

FACTOR = 10


class Watched:
    """Listens, calls what it is asked to call, and keeps what it was told."""

    slice = slice
    own_names = staticmethod(own_names)

    def __init__(self, function: Any) -> None:
        code = rewritten(function)
        self.sites, self.source, self.first_line = code.sites, code.source, code.first_line
        self.told: list[tuple[Site, Any]] = []
        self.function = code.bind(function, self)

    def value(self, site: int, value: Any) -> Any:
        self.told.append((self.sites[site], value))
        return value

    def call(self, site: int, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return self.value(site, function(*args, **kwargs))

    def operate(self, site: int, sign: str, /, *operands: Any) -> Any:
        return self.value(site, OPERATORS[sign](*operands))

    def inner(self, site: int, function: Any) -> Any:
        return function

    def inner_at(self, site: int) -> Callable[[Any], Any]:
        return lambda function: function


def watched(function: Callable[..., Any]) -> tuple[Watched, list[tuple[Site, Any]]]:
    watcher = Watched(function)
    return watcher, watcher.told


class Base:
    def call(self, x: int) -> int:
        return x + 1


class _Odd__Name(Base):
    __secret = 3
    table = {"k": 5}  # noqa: RUF012

    def __init__(self) -> None:
        self.__bias = 7

    def private(self, x: int) -> int:
        __local = x * self.__bias
        double = lambda value: value * self.__secret  # noqa: E731

        def inner(__argument: int) -> int:
            return __argument + self.__bias

        return double(__local) + inner(__local) + sum(self.__bias * i for i in range(2))

    def parent(self, x: int) -> int:
        y = super().call(x)
        z = super().call(y)
        return y * z

    def forms(self, x: int, *rest: int, scale: int = 2, **more: int) -> Any:
        """Every kind of statement."""
        a, (b, *c) = x + 1, (x + 2, x + 3, x + 4)
        total = 0
        for i, step in enumerate([x, *rest]):
            total += step * scale
            if i > 2:
                break
        else:
            total -= 1
        while (total := total - 10) > 10:
            continue
        try:
            value: int = self.table["missing"]
        except KeyError as error:
            value = len(str(error)) if error else -1
        finally:
            more["done"] = value + 1
        with Context(x) as inside:
            total += inside * FACTOR
        match [total, -1]:
            case [_, -1] if total > 0:
                kind = "negative one"
            case [first, *_]:
                kind = f"{first!r:>{scale + 3}} and {total + 1}"
            case _:
                kind = "none"
        squares = {k: [v**2 for v in range(k) if v % 2] for k in range(4)}
        chosen = a if a > b else -b
        del squares[0]
        more["k"] += 1 if "k" in more else 0
        assert not isinstance(total, str), "a number"
        return a, b, c, total, value, more, kind, squares, chosen, not total, x < 3 < total, (lambda q=x: q + a)()

    def korean(self, x: int) -> int:
        나이 = x + 1  # 나이에 하나를 더한다
        return 나이 * 2 + len("가나다" + str(x + 3))

    def defaults(self, x: int, y: int = FACTOR, *, z: list[int] = [1]) -> int:  # noqa: B006
        z.append(x)
        return x + y + len(z)


class Context:
    def __init__(self, value: int) -> None:
        self.value = value

    def __enter__(self) -> int:
        return self.value

    def __exit__(self, *_: object) -> None:
        return None


@pytest.mark.parametrize("x", [0, 1, 40])
@pytest.mark.parametrize("name", ["private", "parent", "korean"])
def test_same_result(name: str, x: int) -> None:
    instance = _Odd__Name()
    tapped, seen = watched(getattr(_Odd__Name, name))
    assert tapped.function(instance, x) == getattr(instance, name)(x)
    assert list(seen)


@pytest.mark.parametrize(("x", "rest", "scale", "more"), [(1, (), 2, {"k": 1}), (5, (1, 2, 3, 4), 7, {"k": 0, "y": 2})])
def test_every_statement(x: int, rest: tuple[int, ...], scale: int, more: dict[str, int]) -> None:
    instance = _Odd__Name()
    tapped, seen = watched(_Odd__Name.forms)
    expected = instance.forms(x, *rest, scale=scale, **dict(more))
    assert tapped.function(instance, x, *rest, scale=scale, **dict(more)) == expected
    targets = {site.target for site, _ in seen}
    assert {"a", "b", "c", "total", "value", "chosen"} <= targets


def test_defaults_are_the_original_objects() -> None:
    tapped, _ = watched(_Odd__Name.defaults)
    before = len(_Odd__Name.defaults.__kwdefaults__["z"])
    assert tapped.function(None, 2) == 2 + FACTOR + before + 1
    assert tapped.function.__kwdefaults__ is _Odd__Name.defaults.__kwdefaults__


def test_columns_count_characters() -> None:
    tapped, seen = watched(_Odd__Name.korean)
    tapped.function(_Odd__Name(), 2)
    lines = tapped.source.split("\n")
    for site, _ in seen:
        assert site.line == site.end_line
        assert lines[site.line - 1][site.column : site.end_column] == site.text
    texts = {site.text: value for site, value in seen}
    assert texts["x + 1"] == 3 and texts['"가나다" + str(x + 3)'] == "가나다5" and texts["x + 3"] == 5
    original = open(__file__, encoding="utf-8").read().split("\n")  # noqa: SIM115, PTH123
    assert original[tapped.first_line - 1].strip() == lines[0]


def test_the_values_are_reported_in_order_with_their_names() -> None:
    def call(x: int) -> int:
        y = (x + 1) * 2
        z = y
        z += 3
        return -z

    tapped, seen = watched(call)
    assert tapped.function(4) == -13
    assert [(site.text, site.target, value) for site, value in seen] == [
        ("x + 1", "", 5),
        ("(x + 1) * 2", "y", 10),
        ("z", "z", 10),
        ("z += 3", "z", 13),
        ("-z", "", -13),
    ]


def test_an_expression_over_several_lines_keeps_its_text() -> None:
    def call(x: int) -> int:
        return sum(
            [x, x + 1]
        )  # fmt: skip

    tapped, seen = watched(call)
    assert tapped.function(1) == 3
    (site,) = (site for site, value in seen if value == 3)
    assert site.end_line == site.line + 2 and site.text.startswith("sum(\n") and site.text.endswith(")")


def test_closures_are_shared_with_the_original() -> None:
    count = 0

    def call(x: int) -> int:
        nonlocal count
        count += x
        return count * later(x)

    def later(x: int) -> int:
        return x + 1

    tapped, _ = watched(call)
    assert tapped.function(2) == 6 and count == 2
    assert call(2) == 12 and tapped.function(2) == 18


def test_annotations_that_mean_nothing_stay_unevaluated() -> None:
    def call(x: Nowhere) -> Nothing:  # type: ignore[name-defined]  # noqa: F821
        def inner(y: Nowhere) -> Nothing:  # type: ignore[name-defined]  # noqa: F821
            return y + 1

        z: Nowhere = inner(x)  # type: ignore[name-defined]  # noqa: F821
        return z

    assert watched(call)[0].function(1) == 2


def test_the_original_stays_as_it_was() -> None:
    code, attributes = _Odd__Name.forms.__code__, dict(vars(_Odd__Name))
    watched(_Odd__Name.forms)
    assert _Odd__Name.forms.__code__ is code and dict(vars(_Odd__Name)) == attributes


def test_an_exception_passes_and_what_came_before_is_reported() -> None:
    def call(x: int) -> float:
        y = x - 3
        return 1 / y

    tapped, seen = watched(call)
    with pytest.raises(ZeroDivisionError):
        tapped.function(3)
    assert [value for _, value in seen] == [0]


def wrapper(function: Any) -> Any:
    @functools.wraps(function)
    def inner(*args: Any) -> Any:
        return function(*args) + 1

    return inner


def generator(x: int) -> Any:
    yield x


async def coroutine(x: int) -> int:
    return x


@functools.lru_cache
def cached(x: int) -> int:
    return x


@wrapper
def decorated(x: int) -> int:
    return x


wrapped_later = wrapper(generator)
made = eval("lambda x: x + 1")
scope: dict[str, Any] = {}
exec("def without_source(x):\n    return x + 1", scope)


@pytest.mark.parametrize("function", [generator, coroutine, decorated, wrapped_later, made, scope["without_source"]])
def test_what_cannot_be_rewritten_says_so(function: Any) -> None:
    with pytest.raises(Untappable) as caught:
        rewritten(function)
    assert str(caught.value)
