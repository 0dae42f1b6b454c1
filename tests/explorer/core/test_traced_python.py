"""Every construct of Python that a layer is written with computes traced what it computes plainly."""

from __future__ import annotations

import functools
import inspect
import linecache
import os
import types
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest
import tensorflow as tf

from explorer.core.tracing.definition import Untappable
from explorer.core.tracing.tap import rewritten
from tests.explorer.core.alike import X, all_frames, all_steps, the_step, traced_as_plain

COUNTER = [0.0]


class Layer(keras.layers.Layer):
    """What the layers below have in common."""

    def scaled(self, x: Any) -> Any:
        return x * 2.0


class PrivateClosures(Layer):
    __shared = 0.5

    def __init__(self) -> None:
        super().__init__()
        self.__scale = 3.0
        self.__dunder__ = 2.0
        __local = 0.25

        def act(x: Any) -> Any:
            def deeper(y: Any) -> Any:
                return y + self.__shared + __local

            return deeper(x * self.__scale) * self.__dunder__

        class __Hidden:
            __scale = 7.0

            def use(self, x: Any, owner: Any) -> Any:
                return x * self.__scale + owner._PrivateClosures__scale

        self.act, self.other, self.hidden = act, lambda x: x - self.__scale, __Hidden()

    def __private(self, x: Any) -> Any:
        return x * self.__scale

    def call(self, x: Any) -> Any:
        class Local:
            __own = 5.0

            def get(self) -> float:
                return self.__own

        __kept = lambda v: v + self.__scale  # noqa: E731
        return self.act(x) + self.other(x) + self.hidden.use(x, self) + self.__private(x) + __kept(x) * Local().get()


class Parent(Layer):
    def __init__(self) -> None:
        super().__init__()
        self.__scale = 10.0

    def call(self, x: Any) -> Any:
        return self.__mine(x) + self.scaled(x)

    def __mine(self, x: Any) -> Any:
        return x * self.__scale


class Child(Parent):
    def __init__(self) -> None:
        super().__init__()
        self.__scale = -1.0

    def __mine(self, x: Any) -> Any:
        return x - self.__scale

    def scaled(self, x: Any) -> Any:
        def deeper() -> Any:
            return super(Child, self).scaled(x) + __class__.offset(self)  # type: ignore[name-defined]

        return deeper() + super().scaled(x)

    def offset(self) -> float:
        return 0.5

    def call(self, x: Any) -> Any:
        return super().call(x) + self.__mine(x) + Parent.call(self, x) + sum(super(Child, self).scaled(x) for _ in "a")


def kept(function: Any) -> Any:
    @functools.wraps(function)
    def inside(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs) + 1.0

    return inside


def renamed(function: Any) -> Any:
    def inside(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs) * 3.0

    return inside


def same(function: Any) -> Any:
    function.marked = True
    return function


class Decorated(Layer):
    @kept
    def wrapped(self, x: Any) -> Any:
        return x * 2.0

    @renamed
    def replaced(self, x: Any) -> Any:
        return x * 2.0

    @same
    def marked(self, x: Any) -> Any:
        return x * 2.0

    @functools.lru_cache  # noqa: B019
    def cached(self, n: int) -> int:
        return n * 2

    @functools.cached_property
    def once(self) -> Any:
        return tf.constant(4.0)

    @property
    def twice(self) -> Any:
        return self.once * 2.0

    @staticmethod
    def static(x: Any) -> Any:
        return x - 2.0

    @classmethod
    def of_class(cls, x: Any) -> Any:
        return x + len(cls.__name__)

    def call(self, x: Any) -> Any:
        @kept
        @renamed
        def local(v: Any) -> Any:
            return v + 1.0

        y = self.wrapped(x) + self.replaced(x) + self.marked(x) + self.cached(3) + self.twice
        return y + self.static(x) + Decorated.static(x) + self.of_class(x) + local(x)


@kept
def wrapped_call(self: Any, x: Any) -> Any:
    return x * 2.0


class WrappedCall(Layer):
    call = wrapped_call


class Callable:
    def __init__(self, scale: float) -> None:
        self.scale = scale

    def __call__(self, x: Any) -> Any:
        return x * self.scale

    def __matmul__(self, x: Any) -> Any:
        return x - self.scale


def factorial(x: Any, n: int) -> Any:
    return x if n <= 1 else n * factorial(x, n - 1)


class Objects(Layer):
    def __init__(self) -> None:
        super().__init__()
        self.made = Callable(3.0)
        self.part = functools.partial(tf.pow, y=2.0)
        self.method = functools.partial(self.scaled)
        self.bound = types.MethodType(Callable(2.0), self)
        self.table = {"act": tf.nn.relu, "other": [keras.ops.tanh]}

    def turns(self, x: Any, n: int) -> Any:
        return x if n == 0 else self.turns(x * 1.5, n - 1)

    def call(self, x: Any) -> Any:
        y = self.made(x) + self.part(x) + self.method(x) + self.table["act"](x) + self.table["other"][0](x)
        z = factorial(x, 4) + self.turns(x, 3) + (self.made @ x) + max([x[0, 0], x[1, 1]])

        def local(v: Any, n: int) -> Any:
            return v if n == 0 else local(v + 1.0, n - 1)

        return y + z + local(x, 2) + functools.reduce(lambda a, b: a + b, [x, y, z])


class Lambdas(Layer):
    def __init__(self) -> None:
        super().__init__()
        self.__scale = 0.5
        self.one = lambda x: keras.ops.tanh(self.__scale * x)
        self.two, self.three = (lambda x: x + 1.0), (lambda x, 배율=2.0: x * 배율)
        self.many = [lambda x: (keras.ops.sin(x)) if self.__scale else x, lambda x: (lambda y: y * 3.0)(x)]

    def call(self, x: Any) -> Any:
        return self.one(x) + self.two(x) + self.three(x) + self.many[0](x) + self.many[1](x)


def numbers(x: Any) -> Iterator[Any]:
    yield x
    yield x * 2.0
    received = yield x * 3.0
    assert received is None


class Statements(Layer):
    total = 1.0

    def call(self, x: Any, *more: Any, scale: float = 2.0, **named: Any) -> Any:
        """A docstring
        that ends at the left."""
        text = """kept
    as it
        is"""
        count = 0

        def counted(v: Any) -> Any:
            nonlocal count
            count += 1
            COUNTER[0] += 1.0
            return v * count

        y = counted(x) + counted(x)
        if (n := len([w := w2 for w2 in range(4)])) > 3:
            y = y + n + w
        squares = {i: [j * x for j in range(i) if j % 2] for i in range(4)}
        y += sum(v for row in squares.values() for v in row)
        self.total *= 2.0
        holder = [x, {"k": x}]
        holder[0] += 1.0
        holder[1]["k"] -= y[0]
        holder[1]["k"], (first, *rest) = holder[1]["k"] * 2.0, [x, x + 1.0, x + 2.0]
        del squares[0], first
        for v in numbers(x):
            y = y + v
        try:
            y = y + missing  # type: ignore[name-defined]
        except NameError as error:
            y = y + float(len(str(error)))
        else:
            y = y * 100.0
        finally:
            y = y - 1.0
        try:
            return y + self._raises(x)
        except (ValueError, KeyError):
            pass
        with tf.name_scope("s") as scope, tf.device("cpu:0"):
            y = y + float(len(scope) > 0) + float(len(text)) + float(len(f"{n + 1:>{n}} {y.shape!r} {scale=}"))
        match (n, y.shape[0], {"a": scale}):
            case [_, 2 | 3, {"a": float(s)}] if s > 0:
                y = y * s
            case _:
                y = y * -1.0
        while True:
            count -= 1
            if not count or count < -3:
                break
        y = y if 0 < n <= 4 < 9 and n is not None else -y
        assert y.shape[0] == 2, "two rows"
        lists = [*rest, *more, *(a for a in named.values())]
        return tf.add_n([y, *lists]) * (lambda q=scale, *, r=3.0: q + r)() + eval("x + scale") + self.total

    def _raises(self, x: Any) -> Any:
        raise ValueError("never mind")


class Names(Layer):
    def call(self, x: Any) -> Any:
        scale = 2.0
        known = sorted(locals())
        exec("y = x * 3.0")
        return x * scale + float(len(known)) + float("scale" in vars()) + float(len(dir()))


class Generated(Layer):
    def call(self, x: Any) -> Any:
        scope: dict[str, Any] = {}
        exec("def made(v):\n    return v * 2.0 + 1.0", scope)
        return scope["made"](x) + eval("lambda v: v - 1.0")(x)


KINDS = [PrivateClosures, Parent, Child, Decorated, WrappedCall, Objects, Lambdas, Statements, Names, Generated]


@pytest.mark.parametrize("kind", KINDS)
def test_traced_as_plain(kind: Any) -> None:
    COUNTER[0] = 0.0
    trace = traced_as_plain(kind)
    assert all_steps(trace)


def test_private_names_of_closures_are_opened() -> None:
    trace = traced_as_plain(PrivateClosures)
    names = [frame.function for frame in all_frames(trace.frames)]
    assert "act" in names and "act.deeper" in names and "PrivateClosures.__private" in names


def test_lambdas_are_opened_wherever_they_stand() -> None:
    frames = [frame for frame in all_frames(traced_as_plain(Lambdas).frames) if frame.function.startswith("<lambda>")]
    texts = [frame.steps[-1].text for frame in frames]
    assert texts == [
        "keras.ops.tanh(self.__scale * x)",
        "x + 1.0",
        "x * 배율",
        "(keras.ops.sin(x)) if self.__scale else x",
        "(lambda y: y * 3.0)(x)",
        "y * 3.0",
    ]


def test_a_helper_that_calls_itself_is_opened_each_time() -> None:
    names = [frame.function for frame in all_frames(traced_as_plain(Objects).frames)]
    assert (
        names.count("factorial") == 4 and names.count("Objects.turns") == 4 and names.count("Objects.call.local") == 3
    )


CELL = """
class Notebook(keras.layers.Layer):
    def call(self, x):
        return act(x) * 2.0

def act(x):
    return x + 1.0
"""


def test_functions_of_a_notebook() -> None:
    file = "<ipython-input-1>"
    linecache.cache[file] = (len(CELL), None, CELL.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"keras": keras, "__name__": "__main__"}
    exec(compile(CELL, file, "exec"), scope)
    trace = traced_as_plain(scope["Notebook"])
    assert the_step(trace, "x + 1.0") and the_step(trace, "act(x) * 2.0")


def test_a_function_that_is_given_other_code_runs_the_other_code() -> None:
    class Changed(Layer):
        def call(self, x: Any) -> Any:
            return x * 2.0

    def other(self: Any, x: Any) -> Any:
        return x - 3.0

    traced_as_plain(Changed)
    Changed.call.__code__ = other.__code__
    assert the_step(traced_as_plain(Changed), "x - 3.0")


def test_a_source_that_is_not_the_codes_is_refused() -> None:
    file, written = "<edited>", "def f(x):\n    return x + 1.0\n"
    scope: dict[str, Any] = {"__name__": "edited"}
    exec(compile(written, file, "exec"), scope)
    for text in (written.replace("+", "-"), written.replace("1.0", "2.0"), "\n" + written, written):
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        function = types.FunctionType(scope["f"].__code__, scope)
        if text == written:
            assert rewritten(function).source == written
        else:
            with pytest.raises(Untappable, match=r"changed since it was read|no readable source"):
                rewritten(function)


def test_inner_functions_keep_their_names_and_sources() -> None:
    seen: list[Any] = []

    class Asks(Layer):
        def call(self, x: Any) -> Any:
            def local(v: Any, w: float = 2.0) -> Any:
                return v + w

            class Inside:
                pass

            names = (local.__qualname__, Inside.__qualname__, (lambda: 0).__qualname__)
            seen.append((names, inspect.signature(local)))
            seen.append(inspect.getsource(local))
            return local(x)

    traced_as_plain(Asks, X, calls=1)
    plain, text, traced, traced_text = seen
    assert plain == traced and text == traced_text
