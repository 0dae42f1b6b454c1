"""Every hostile link has a clear answer, reaches no class and no file that it names, and leaves nothing behind."""

from __future__ import annotations

import os
import resource
from collections import Counter
from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

from explorer.core.catalog.cards import find_card
from explorer.core.run import run
from explorer.experiment import Experiment, from_query
from explorer.experiment.fitting import fitted
from explorer.model.problem import MAX_TOLD, Problem
from tests.explorer.core.hostile import MARKS, PATH
from tests.explorer.core.spying import Spy, watch
from tests.hostile.links import Link, links

MIB = 1 << 20
LINKS = tuple(links())


@pytest.fixture(scope="module")
def spy() -> Iterator[Spy]:
    run(Experiment("linear"))  # what TensorFlow reads at its first operation is no link's doing
    with pytest.MonkeyPatch.context() as patch:
        yield watch(patch)


def answers(link: Link) -> list[Problem]:
    """All that the page would tell of a link: what the link, the layer's card, and the run say."""
    experiment, _, problems = from_query(link.query)
    try:
        experiment, more = fitted(experiment, find_card(experiment.layer), find_card)
        problems += more
        run(experiment, compare=False)
    except Problem as problem:
        problems.append(problem)
    return problems


def is_the_one(problem: Problem, link: Link) -> bool:
    """Whether a problem is the answer that must come."""
    about = link.where == "*" or problem.where == link.where or problem.where.startswith(f"{link.where}.")
    return about and str(problem.what).startswith(link.what)


def test_the_corpus_is_as_large_as_it_says() -> None:
    different = {str(sorted(link.query.items())) for link in LINKS}
    assert len(different) == len(LINKS) >= 700


def test_every_link_has_its_answer_and_reaches_nothing(spy: Spy) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wrong: list[tuple[str, object]] = []
    for link in LINKS:
        name = str(link.query)[:120]
        try:
            told = answers(link)
        except Exception as error:
            wrong.append((name, f"{type(error).__name__}: {error}"[:200]))
            continue
        found = [(p.where, str(p.what), p.received[:60]) for p in told]
        if link.where is not None and not any(is_the_one(problem, link) for problem in told):
            wrong.append((name, found[:3]))
        if link.where is None and told:
            wrong.append((name, found[:3]))
        if len(told) > 2 * (MAX_TOLD + 1) or any(len(str(p.what)) > 400 or len(p.received) > 400 for p in told):
            wrong.append((name, "too much is told"))
        if spy.made_of(MARKS) or any(PATH in path for path in spy.files):
            wrong.append((name, ("reached", spy.made_of(MARKS)[:1], [path for path in spy.files if PATH in path])))
        spy.described.clear()
        spy.files.clear()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"\n{len(LINKS)} links, {grown} MiB more at the highest")
    assert not wrong, (Counter(str(what)[:60] for _, what in wrong), wrong[:12])
    assert grown < 600


def test_the_spy_sees_what_a_layer_asks_for(spy: Spy) -> None:
    run(Experiment("keras.layers.Dense", {"activation": "relu"}))
    assert spy.described
