"""The benchmarks' frame: discovery, goals, the table, the statistics. Timings are `make bench`'s."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import table
from benchmarks.figure import Figure, Goal, Measure, measures
from benchmarks.statistic import milliseconds, percentile

ROOT = Path(__file__).parents[1]
RATIO = Goal("a change", 2.5, "x")
SPEED_UP = Goal("against the plain app", 5, "x", at_least=True)


@pytest.fixture(scope="module")
def found() -> dict[str, Measure]:
    return measures()


def test_every_file_of_measures_is_found(found):
    files = {path.stem for path in (ROOT / "benchmarks" / "measures").glob("*.py")} - {"__init__"}
    assert files
    assert set(found) == files, "a measure is called what its file is called"


def test_measures_run_in_their_order(found):
    orders = [measure.order for measure in found.values()]
    assert orders == sorted(set(orders))


def test_every_measure_states_its_goals(found):
    goals = [goal for measure in found.values() for goal in measure.goals]
    assert all(measure.goals for measure in found.values())
    assert len({goal.what for goal in goals}) == len(goals), "two figures of one name cannot be told apart"
    assert all(goal.what.strip() == goal.what and goal.limit >= 0 for goal in goals)


def test_every_goal_of_a_measure_is_one_that_its_module_names(found):
    for measure in found.values():
        module = sys.modules[f"benchmarks.measures.{measure.name}"]
        named = {value for value in vars(module).values() if isinstance(value, Goal)}
        assert set(measure.goals) == named, measure.name


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        (RATIO, 2.5, True),
        (RATIO, 2.51, False),
        (SPEED_UP, 5.0, True),
        (SPEED_UP, 4.99, False),
        (RATIO, float("nan"), False),
        (SPEED_UP, float("nan"), False),
    ],
)
def test_a_goal_is_met_at_its_limit_and_not_beyond(goal, value, met):
    assert Figure(goal, value, "").met is met


def test_a_goal_has_a_unit_that_the_table_knows():
    with pytest.raises(ValueError, match=r"Expected a unit of x, ms, s, MiB, messages\. Received: 'hours'"):
        Goal("a change", 1, "hours")


def test_the_table_has_a_row_for_each_figure():
    figures = [Figure(RATIO, 2.314, "81 ms (p95 97)", "35 ms"), Figure(SPEED_UP, 4.2, "81 ms | here")]
    assert table.table(figures) == (
        "| what | measured | against | figure | goal |  |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| a change | 81 ms (p95 97) | 35 ms | 2.31 x | ≤ 2.5 x | pass |\n"
        "| against the plain app | 81 ms \\| here | – | 4.20 x | ≥ 5 x | **miss** |"
    )


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0234, "MiB", "0.02 MiB"),
        (9.994, "x", "9.99 x"),
        (12.34, "ms", "12.3 ms"),
        (1234.5, "ms", "1234 ms"),
        (0, "messages", "0 messages"),
    ],
)
def test_a_number_has_the_digits_that_mean_something(value, unit, text):
    assert table.number(value, unit) == text


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (5, 1), (50, 10), (95, 19), (96, 20), (100, 20)])
def test_a_percentile_is_one_of_the_values(percent, value):
    assert percentile(list(range(20, 0, -1)), percent) == value


def test_times_are_told_by_their_median_and_their_95th_percentile():
    assert milliseconds([1.0, 2.0, 300.0]) == "2 ms (p95 300)"
    assert milliseconds([0.123]) == "0.12 ms (p95 0.12)"


def test_an_unknown_name_is_refused_with_the_known_ones():
    command = [sys.executable, "-m", "benchmarks", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "change" in done.stderr and "received nonsense" in done.stderr


def test_the_benchmarks_start_without_tensorflow():
    """Its threads and its memory would count in what is measured."""
    code = "import sys; from benchmarks.figure import measures; measures(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert {"tensorflow", "keras"}.isdisjoint(done.stdout.split())
