"""The life of a layer and its calls, as values: what ran, when, what was there then. No Keras, no arrays."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.model.problem import Problem
from explorer.model.trace import Message


class Content(bytes):
    """The bytes of a file."""


EMPTY = Content()


@dataclass(frozen=True)
class Excerpt:
    """The source of one method.

    Attributes:
        name: "Linear.build", with the class that defines it.
        file: relative to its package's parent.
        first_line: where it starts in that file.
        text: the source.
    """

    name: str
    file: str
    first_line: int
    text: str


@dataclass(frozen=True)
class WeightFact:
    """One weight at one moment.

    Attributes:
        name: its path inside the layer.
        shape, dtype, trainable: as Keras tells.
        initializer: the class's name, or "".
        line: of the file where `add_weight` was called; 0 if it was not seen being made.
        reasons: for each of its axes, what gives its size; () where that was not asked.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    trainable: bool
    initializer: str = ""
    line: int = 0
    reasons: tuple[Message, ...] = ()


@dataclass(frozen=True)
class State:
    """The layer at one moment.

    Attributes:
        built, trainable: its attributes.
        parameters: how many numbers its weights hold.
        weights: all of them, in Keras's order.
    """

    built: bool
    trainable: bool
    parameters: int
    weights: tuple[WeightFact, ...]


@dataclass(frozen=True)
class Ran:
    """One method that ran.

    Attributes:
        function: "Linear.build"; of a layer inside, "dense: Dense.build".
        given: its arguments in short: shapes instead of numbers.
        depth: how many watched methods it ran inside of.
        milliseconds: how long it took, what it called included.
        symbolic: whether it was given tensors without numbers.
    """

    function: str
    given: str
    depth: int
    milliseconds: float
    symbolic: bool = False


@dataclass(frozen=True)
class Moment:
    """One moment of a layer's life.

    Attributes:
        id: a name for links ("build", "second_call").
        title: what happens, in a few words.
        lesson: what to learn from it, in one sentence.
        code: what one would type for it.
        absent: why the moment does not apply to this layer; None if it does.
        ran: the methods that ran, in the order in which they began.
        sources: their source.
        state: the layer afterwards.
        facts: what came of it: (what, the text).
        problem: what was refused, and why.
        milliseconds: of the whole moment; None if nothing was timed.
    """

    id: str
    title: Message
    lesson: Message
    code: str = ""
    absent: Message | None = None
    ran: tuple[Ran, ...] = ()
    sources: tuple[Excerpt, ...] = ()
    state: State | None = None
    facts: tuple[tuple[Message, str], ...] = ()
    problem: Problem | None = None
    milliseconds: float | None = None


@dataclass(frozen=True)
class Way:
    """One way of running the same call.

    Attributes:
        id: "eager", "symbolic", "compiled".
        title: its name.
        code: what one would type.
        shapes, dtypes: of the outputs.
        difference: the largest difference of any number from the eager call's; None where there are no numbers.
        first, again: milliseconds of its first call and the median of those after it; None where it failed.
        problem: why it cannot run.
    """

    id: str
    title: Message
    code: str
    shapes: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    difference: float | None = None
    first: float | None = None
    again: float | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class Life:
    """A layer's life.

    Attributes:
        layer: its class's name.
        moments: in their order.
        ways: the same call, run in several ways; () where there is no call.
    """

    layer: str
    moments: tuple[Moment, ...]
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True)
class Call:
    """One call that can be run on the layer.

    Attributes:
        id: its name.
        group: a key of `GROUPS`.
        title: what it tells, in a few words.
        lesson: what to know about it; may be empty.
        code: what is run, as one would type it.
        modern: the id of the call to write today, for one that no longer works; "" for any other.
        asks: what it takes from the reader: "weights", or "".
        absent: why it does not apply to this layer; None if it does.
    """

    id: str
    group: str
    title: Message
    lesson: Message
    code: str
    modern: str = ""
    asks: str = ""
    absent: Message | None = None


@dataclass(frozen=True)
class Named:
    """What a name of the code held at its end.

    Attributes:
        name: as the code has it.
        text: its value, in short.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Table:
    """Rows of texts under headings.

    Attributes:
        headings: of the columns.
        rows: as many cells in each.
    """

    headings: tuple[Message, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class CallResult:
    """What a call gave.

    Attributes:
        id: of the call.
        code: what was run.
        text: its value as text; "" if it raised.
        error: Keras's own words, without colours; "" if it did not raise.
        warnings: what was warned of on the way.
        names: what the code's names held at its end.
        table: rows to show; None for none.
        graph: a drawing in the DOT language, or "".
        file, content: the name and the bytes of a file that was made; "" and b"" for none.
        problem: the error in plain words, where it is known what it means.
        milliseconds: how long it took.
    """

    id: str
    code: str
    text: str = ""
    error: str = ""
    warnings: tuple[str, ...] = ()
    names: tuple[Named, ...] = ()
    table: Table | None = None
    graph: str = ""
    file: str = ""
    content: Content = EMPTY
    problem: Problem | None = None
    milliseconds: float = 0.0


GROUPS = {
    "weights": Message("Weights"),
    "config": Message("Config"),
    "saving": Message("Saving"),
    "symbolic": Message("Symbolic tensors"),
    "nodes": Message("Nodes"),
    "model": Message("Model"),
    "input": Message("Input"),
    "shapes": Message("Shapes"),
    "masking": Message("Masks"),
    "writing": Message("Writing a layer"),
    "dead": Message("Dead calls"),
}
"""The groups of calls, in their order, and their headings."""

FATES = {
    "born": Message("born here"),
    "no mask": Message("no mask"),
    "used, passed on": Message("used, and passed on"),
    "used, ends here": Message("used, and ends here"),
    "passed on": Message("passed on"),
    "ends here": Message("ends here"),
}
"""What became of a mask in a layer: cells of a table that are told in the reader's language."""
