"""What a worker can be asked to do. A job is a pure function of its arguments; its answer is JSON and arrays.

To add a job, write a function and decorate it with `@job`: its name is the job's name.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import layers
from explorer.engine import codec
from explorer.engine.job import Reporter, codes_in
from explorer.experiment import Experiment
from explorer.experiment.fitting import about_own
from explorer.model.answers import Compared, KerasClasses, Opened, Upload
from explorer.model.machine import faults_met
from explorer.model.problem import Problem
from explorer.registry import Registry

Arrays = Mapping[str, np.ndarray]
Answer = tuple[dict[str, Any], dict[str, np.ndarray]]
Report = Reporter
Job = Callable[[dict[str, Any], Arrays, Report], Answer]

JOBS: Registry[Job] = Registry(__name__)


def job(function: Job) -> Job:
    """Register a job under its function's name."""
    JOBS.add(function.__name__, function)
    return function


def perform(name: str, args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """Do one job.

    Raises:
        KeyError: if there is no job of that name.
        Problem: if the job cannot be done for a reason that the reader can fix.
    """
    todo = JOBS.all()[name]
    codes = codes_in(args)
    if not codes:
        return todo(args, arrays, report)
    from explorer.core.own_code.contained import contained

    with contained(codes[0]):
        return todo(args, arrays, report)


def prepare() -> None:
    """What every worker would look up anew, found once before they are forked. It runs no operation of TensorFlow."""
    layers.catalogue()
    inspect.getmodule(prepare.__code__)  # a code's module is the one of its file: it asks for the file of every module


def warm_up() -> None:
    """Run what every first job would wait for: TensorFlow's first operations and Keras's first layer."""
    from explorer.core.run import run as run_experiment

    run_experiment(Experiment("linear"))


def remember() -> Callable[[], tuple[str, ...]]:
    """Remember what all jobs of this process share, as it is after `warm_up`.

    Returns:
        To be called after each job: puts back what jobs change by their nature, and tells what else is different.
    """
    from explorer.core.process_state import World, tidy

    tidy()
    world = World()
    faults_met()

    def changes() -> tuple[str, ...]:
        tidy()
        return (*world.changes(), *faults_met())

    return changes


@job
def run(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment"}` -> a trace, without the comparison with NumPy: the picture need not wait for that."""
    from explorer.core.run import run as run_experiment

    return codec.pack(run_experiment(Experiment.from_json(args["experiment"]), arrays, compare=False))


@job
def tape(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment"}` -> the operations of its call, for the browser to run again."""
    from explorer.core.tape.witness import tape_of

    return codec.pack(tape_of(Experiment.from_json(args["experiment"]), arrays))


@job
def check(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment"}` -> how far its outputs are from their NumPy derivation."""
    from explorer.core.run import run as run_experiment

    return codec.pack(Compared(run_experiment(Experiment.from_json(args["experiment"]), arrays).check))


@job
def read_upload(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"name", "most"}` and the file's bytes "data" -> an upload."""
    from explorer.experiment.uploads import content_hash
    from explorer.experiment.uploads import read_upload as read

    array, notes = read(str(args["name"]), arrays["data"].tobytes(), int(args["most"]))
    return codec.pack(Upload(array, content_hash(array), tuple(notes)))


@job
def read_experiment(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """The bytes "data" of an .experiment file -> `{"experiment"}`, and the arrays of its uploads by their hashes."""
    from explorer.export import experiment_file

    experiment, found = experiment_file.load(arrays["data"].tobytes())
    return {"experiment": experiment.to_json()}, found


@job
def step(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment"}` -> one training step."""
    from explorer.core.training import training_step

    return codec.pack(training_step(Experiment.from_json(args["experiment"]), arrays))


@job
def trail(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment", "tensor", "index"}` -> what the cell depends on now."""
    from explorer.core.dependence.trail import trail as trail_of

    return codec.pack(trail_of(*_cell(args), arrays))


@job
def could_depend(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment", "tensor", "index"}` -> what the cell could depend on."""
    from explorer.core.dependence.perturbation import could_depend as could_depend_of

    return codec.pack(could_depend_of(*_cell(args), arrays))


@job
def downstream(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment", "tensor", "index"}` -> what the cell moves."""
    from explorer.core.dependence.downstream import downstream as downstream_of

    return codec.pack(downstream_of(*_cell(args), arrays))


def _cell(args: dict[str, Any]) -> tuple[Experiment, str, tuple[int, ...]]:
    index = tuple(int(place) for place in args["index"])
    return Experiment.from_json(args["experiment"]), str(args["tensor"]), index


@job
def examine(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment", "seconds"?}` -> the doctor's report on the experiment's layer; of a chain, on its first."""
    from explorer.core.build import build_layer
    from explorer.core.doctor import examine as examine_layer
    from explorer.core.under_test import LayerUnderTest

    experiment = Experiment.from_json(args["experiment"]).change(then=(), trainable=True)
    test = LayerUnderTest(experiment, arrays)
    card = test.card
    if card.symbolic:
        raise Problem("A symbolic tensor is no layer: there is nothing to examine.", where="layer")
    made = test.make()  # what its constructor refuses is the reader's to fix, and no finding
    arguments, keywords = test.arranged()

    def make() -> Any:
        return build_layer(card, experiment.params, experiment.dtype)

    make.__name__ = card.title  # what the report calls a layer that could not be made
    found = examine_layer(
        make if experiment.model is None else made,  # what a file holds is examined as it was learned
        arguments,
        keywords,
        report,
        seconds=args.get("seconds"),
        so_far=lambda partial: report.so_far(*codec.pack(partial)),
    )
    return codec.pack(found)


@job
def cures(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment", "check", "number", "seconds"?}` -> what became of the search for a cure of that finding."""
    from explorer.core.doctor.curing.experiments import cure_of

    experiment = Experiment.from_json(args["experiment"])
    found = cure_of(
        experiment,
        arrays,
        str(args["check"]),
        int(args["number"]),
        float(args.get("seconds", "inf")),
        so_far=lambda partial: report.so_far(*codec.pack(partial)),
    )
    return codec.pack(found)


@job
def cards(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{}` -> the cards derived from Keras's own classes, why the others are closed, and the aliases."""
    from explorer.core.catalog.derive import aliases, closed, derived_cards

    return codec.pack(KerasClasses(derived_cards(), closed(), aliases()))


@job
def copy(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"layer"}` -> `{"code"}` that defines a layer which does what that one of the catalogue does."""
    from explorer.core.own_code.copies import copied

    return {"code": copied(str(args["layer"]))}, {}


@job
def source(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"layer", "code"?}` -> its source."""
    from explorer.core.source import source as source_of

    return {"sources": source_of(args["layer"], args.get("code", ""))}, {}


@job
def snippet(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"claim"}` -> what that claim's snippet prints. The text comes from the claims, never from a visitor."""
    from explorer.claims import claims
    from explorer.core.claim_programs import run_snippet

    (claim,) = (claim for claim in claims() if claim.id == args["claim"])
    return {"text": run_snippet(claim.snippet)}, {}


@job
def life(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment"}` -> the life of its layer."""
    from explorer.core.lifecycle.story import life as life_of

    return codec.pack(life_of(Experiment.from_json(args["experiment"]), arrays))


@job
def calls(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment"}` -> the calls that can be run on its layer; with `"call"` and `"given"`, what that one gives."""
    from explorer.core.lifecycle import run_call

    experiment = Experiment.from_json(args["experiment"])
    if "call" not in args:
        return codec.pack(run_call.calls(experiment, arrays))
    return codec.pack(run_call.call(experiment, str(args["call"]), args.get("given"), arrays))


@job
def open_code(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment"}` -> the layers that its code defines, and a trace of the one that it is about.

    If the code does not define that one any more, the experiment is about the first that it does.
    """
    from explorer.core.own_code import own_classes
    from explorer.core.run import run as run_experiment

    experiment = Experiment.from_json(args["experiment"])
    found = own_classes(experiment.code)
    experiment = about_own(experiment, found)
    trace = None
    with contextlib.suppress(Problem):
        trace = run_experiment(experiment, arrays, compare=False)
    return codec.pack(Opened(found, experiment.layer, trace))


@job
def open_model(args: dict[str, Any], arrays: Arrays, report: Report) -> Answer:
    """`{"experiment"}` -> the model file that it is about: its layers, each with a small picture of what it gives."""
    from explorer.core.own_model import open_model as open_file
    from explorer.core.own_model import opened

    return codec.pack(opened(open_file(Experiment.from_json(args["experiment"]), arrays)))
