"""The doctor: every check of a correct layer, made on this one, and what to do about what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from explorer.engine.job import Progress
from explorer.experiment import Experiment
from explorer.experiment.counterexamples import opened
from explorer.experiment.model_file import is_of_model
from explorer.export.constructor import construction, inner_layers
from explorer.export.counterexample import TITLE, pytest_file
from explorer.export.program import begun
from explorer.export.terminal import doctor_command
from explorer.i18n.translator import Translator
from explorer.model.counterexample import Counterexample, Given
from explorer.model.cure import Candidate
from explorer.model.fix import SourceLine
from explorer.model.problem import Problem
from explorer.model.report import OUTCOME_LABELS, TOLD, Finding, Outcome, Report
from explorer.views import panel
from explorer.views.foreign_text import escape, marked
from explorer.views.panels import Scene
from explorer.views.problems import apply_repair, show_problem
from explorer.views.session import Session
from explorer.views.work import cure_of, report_of
from explorer.watching import watcher

ICONS = {
    "failed": ":material/error:",
    "broken": ":material/build_circle:",
    "undecided": ":material/help:",
    "advice": ":material/lightbulb:",
    "ignored": ":material/notifications_off:",
    "by design": ":material/verified:",
    "not applicable": ":material/remove:",
    "passed": ":material/check:",
}
COLOURS = {
    "failed": "red",
    "broken": "orange",
    "undecided": "orange",
    "advice": "blue",
    "ignored": "gray",
    "by design": "violet",
    "not applicable": "gray",
    "passed": "green",
}
FOLDED: Mapping[Outcome, str] = {
    "ignored": "Ignored ({count})",
    "by design": "By design ({count})",
    "passed": "Passed ({count})",
    "not applicable": "Does not apply ({count})",
}
"""What needs nobody, by its heading."""


def show(scene: Scene) -> None:
    """Examine the layer and draw the report. What is found is drawn as it comes; the reader may stop there."""
    session = scene.session
    if session.examined is not None and session.halted == session.experiment == session.examined[0]:
        _draw_report(scene, session.examined[1])
        st.button(scene.t("Examine it to the end"), key="examine_on", on_click=_halt, args=(session, None))
        return
    place = st.empty()
    try:
        report = report_of(session, session.experiment, _Meanwhile(scene, place).draw)
    except Problem as problem:
        show_problem(session, problem, "doctor")
        return
    finally:
        place.empty()
    _draw_report(scene, report)


def _halt(session: Session, experiment: Experiment | None) -> None:
    session.halted = experiment


class _Meanwhile:
    """What is drawn while the examination goes on: how far it is, what was found, and a button to stop it."""

    def __init__(self, scene: Scene, place: Any) -> None:
        self._scene, self._place = scene, place
        self._bar: Any = None
        self._found: Any = None
        self._drawn: Report | None = None

    def draw(self, progress: Progress, report: Report | None) -> None:
        """Draw how far it is, and what is new since the last time."""
        t, session = self._scene.t, self._scene.session
        if self._bar is None:
            with self._place.container():
                self._bar, stop, self._found = st.empty(), st.empty(), st.empty()
            stop.button(t("Stop here"), key="stop_examination", on_click=_halt, args=(session, session.experiment))
        self._bar.progress(min(1.0, max(0.0, progress.fraction)), text=marked(t(progress.text)))
        if report is not None and report != self._drawn:
            self._drawn, session.examined = report, (session.experiment, report)
            lines = [_line(self._scene, finding) for finding in report.told]
            self._found.markdown("  \n".join([_counts(t, report), *lines]))


def _draw_report(scene: Scene, report: Report) -> None:
    t = scene.t
    _draw_verdict(scene, report)
    if len(report.told) > 1:
        st.markdown(f"**{t('Look at this first')}**")
    for outcome in TOLD:
        for number, finding in enumerate(one for one in report.told if one.outcome == outcome):
            same = [f for f in report.findings if f.check == finding.check and f.curable]
            _draw_finding(scene, report, finding, f"{outcome}_{number}", same.index(finding) if finding in same else 0)
    for outcome, title in FOLDED.items():
        findings = [one for one in report.findings if one.outcome == outcome and not one.waits_for]
        if findings:
            with st.expander(t(title, count=f"{len(findings):,}"), key=f"folded_{outcome}"):
                _draw_folded(scene, report, findings)
    if command := doctor_command(scene.card, scene.experiment):
        st.caption(t("The same checks in a terminal or in continuous integration, on random inputs of these shapes:"))
        st.code(command, language="sh", wrap_lines=True)


def _draw_folded(scene: Scene, report: Report, findings: Sequence[Finding]) -> None:
    if (outcome := findings[0].outcome) in ("ignored", "by design"):
        for number, finding in enumerate(findings):
            _draw_finding(scene, report, finding, f"{outcome}_{number}")
    else:
        st.markdown("  \n".join(_line(scene, finding) for finding in findings))


def _draw_verdict(scene: Scene, report: Report) -> None:
    t = scene.t
    if report.healthy:
        st.success(t("{layer} is healthy.", layer=escape(report.layer)), icon=":material/check_circle:")
    elif report.failed:
        text = t(
            "{layer} is not healthy. Failed checks: {count}.", layer=escape(report.layer), count=len(report.failed)
        )
        st.error(text, icon=":material/error:")
    else:
        st.warning(t("{layer} could not be examined fully.", layer=escape(report.layer)), icon=":material/warning:")
    if report.undecided:
        count = len(report.undecided)
        st.caption(t("Undecided checks: {count}. Examine it again when the machine is less busy.", count=f"{count:,}"))
    if report.stopped is not None:
        st.caption(marked(t.message(report.stopped)))
    told = t("{count} checks in {seconds} s", count=len(report.findings), seconds=f"{report.seconds:.2g}")
    st.markdown(f"{_counts(t, report)}  :gray[{told}]")


def _counts(t: Translator, report: Report) -> str:
    return " ".join(
        f":{COLOURS[outcome]}-badge[{ICONS[outcome]} {t(OUTCOME_LABELS[outcome])} {count:d}]"
        for outcome, count in report.counts().items()
        if count
    )


def _draw_finding(scene: Scene, report: Report, finding: Finding, key: str, number: int = 0) -> None:
    t = scene.t
    with st.container(border=True, key=f"finding_{key}"):
        badge = f":{COLOURS[finding.outcome]}-badge[{ICONS[finding.outcome]} {t(OUTCOME_LABELS[finding.outcome])}]"
        st.markdown(f"**{marked(t.message(finding.title))}** {badge} :gray[{escape(finding.check)}]")
        if finding.reason:
            st.markdown(f"{t('The reason to ignore it')}: {escape(finding.reason)}")
        parts = [
            (t("What was tried"), finding.tried),
            (t("Expected"), finding.expected),
            (t("Seen"), finding.seen),
            (t("Why it matters"), finding.why),
        ]
        st.markdown("\n".join(f"- {escape(name)}: {marked(t.message(text))}" for name, text in parts if text.msgid))
        if finding.counterexample is not None:
            _draw_counterexample(scene, finding, finding.counterexample, key)
        if finding.place is not None:
            _draw_place(finding.place)
        if finding.fix is not None:
            st.markdown(f"**{t('How to fix it')}**: {marked(t.message(finding.fix.what))}")
        if finding.curable and _can_be_changed(scene):
            _draw_cure(scene, finding, number, key)
        if waiting := report.waiting(finding):
            with st.expander(t("Checks that wait for this one: {count}", count=f"{len(waiting):,}")):
                st.markdown("  \n".join(marked(t.message(one.title)) for one in waiting))
        if finding.detail:
            with st.expander(t("The original message")):
                st.code(finding.detail, language=None, wrap_lines=True)


def _can_be_changed(scene: Scene) -> bool:
    """Whether the layer's source is the reader's, and is written here."""
    experiment, watched = scene.experiment, watcher()
    own = bool(experiment.code) and experiment.model is None
    return own and not (watched is not None and watched.knows(experiment.code))


def _draw_cure(scene: Scene, finding: Finding, number: int, key: str) -> None:
    """The button that looks for a cure; then what was found, and every change that was tried."""
    t, session = scene.t, scene.session
    wanted = (scene.experiment, finding.check, number)
    if session.cure_of != wanted:
        label = t("Look for a cure")
        st.button(label, key=f"cure_{key}", icon=":material/healing:", on_click=_look, args=(session, wanted))
        return
    try:
        found = cure_of(session, *wanted)
    except Problem as problem:
        show_problem(session, problem, f"cure_{key}")
        return
    if found.cure is not None:
        st.markdown(f"**{t('A change that cures it')}**: {marked(t.message(found.cure.what))}")
        st.code("\n".join(found.cure.change), language="diff")
        if found.cure.before:
            st.caption(t("What it gives before and after the change"))
            for lines in (found.cure.before, found.cure.after):
                st.code("\n".join(lines), language=None)
        st.button(
            t("Take this change"),
            key=f"take_{key}",
            icon=":material/check:",
            type="primary",
            on_click=_take,
            args=(session, found.cure.code),
        )
    elif found.tried:
        st.markdown(t("None of the changes that were tried cures it without harm."))
    else:
        st.markdown(t("No change is known that could be tried here."))
    if found.tried:
        with st.expander(t("Changes that were tried ({count})", count=f"{len(found.tried):,}"), key=f"tried_{key}"):
            st.markdown("\n".join(_tried(scene, one) for one in found.tried))
    if found.stopped is not None:
        st.caption(marked(t.message(found.stopped)))


def _look(session: Session, wanted: tuple[Experiment, str, int]) -> None:
    session.cure_of = wanted


def _take(session: Session, code: str) -> None:
    session.agree(code)
    session.change(code=code)


def _tried(scene: Scene, candidate: Candidate) -> str:
    """One change, and whether it is offered."""
    t = scene.t
    what = marked(t.message(candidate.what))
    if candidate.refused is None:
        return f"- :green-badge[{t('Offered')}] {what}"
    return f"- :gray-badge[{t('Refused')}] {what}: :gray[{marked(t.message(candidate.refused))}]"


def _draw_counterexample(scene: Scene, finding: Finding, found: Counterexample, key: str) -> None:
    """The smallest inputs, each call with a button that opens it, and the test to take away."""
    t = scene.t
    st.markdown(f"**{t('The smallest inputs that show it')}**: {marked(t.message(found.shows))}")
    st.code("\n\n".join("\n".join(_tensor(i, x) for i, x in enumerate(call)) for call in found.calls), language=None)
    with st.container(horizontal=True, key=f"counterexample_{key}"):
        for number in range(len(found.calls)):
            change = opened(scene.experiment, found, number, len(scene.card.inputs))
            if change is not None:
                one = len(found.calls) == 1
                st.button(
                    t("Open these inputs") if one else t("Open inputs {number}", number=f"{number + 1:d}"),
                    key=f"open_{key}_{number}",
                    icon=":material/input:",
                    on_click=apply_repair,
                    args=(scene.session, change),
                )
        if not scene.experiment.then and not is_of_model(scene.card.id):  # those are made otherwise
            st.download_button(
                t("Take it as a test"),
                _test(scene, finding),
                file_name=f"test_{finding.check}.py",
                mime="text/x-python",
                icon=":material/download:",
                on_click="ignore",
                key=f"test_{key}",
            )


def _test(scene: Scene, finding: Finding) -> str:
    card, experiment = scene.card, scene.experiment
    beginning = begun(TITLE, experiment.code, [card.layer, *inner_layers(experiment.params)])
    return pytest_file([finding], beginning, construction(card, experiment.params, {}, experiment.dtype))


def _tensor(number: int, tensor: Given) -> str:
    mask = "" if tensor.mask is None else f"\n     mask {tensor.told_mask}"
    return f"x{number} = {tensor.dtype} {tensor.shape}: {tensor.told_values}{mask}"


def _draw_place(place: SourceLine) -> None:
    file = place.file.replace("\\", "/").rsplit("/", 1)[-1]  # where it lies on the server is nobody's business
    st.caption(f"{escape(file)}\\:{place.line:,}")
    st.code(place.text, language="python")


def _line(scene: Scene, finding: Finding) -> str:
    t = scene.t
    seen = f" :gray[{marked(t.message(finding.seen))}]" if finding.outcome != "passed" else ""
    return f"{ICONS[finding.outcome]} {marked(t.message(finding.title))}{seen}"


panel("doctor", "Doctor", show, group="check", order=20, fits=lambda scene: not scene.card.symbolic)
"""Shown where there is something to examine."""
