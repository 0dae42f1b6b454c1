"""Then and now: every claim is listed, its snippet runs, its experiment opens with the promised number."""

from __future__ import annotations

from screen import Screen

from explorer.claims import DOCUMENTS, SOURCES, VERDICTS, claims


def show_document(screen: Screen, document: str) -> None:
    choice = screen.control("claims_document").get_by_role("radio", name=SOURCES[document].name)
    if choice.get_attribute("aria-checked") != "true":
        with screen.change():
            choice.click()


def expanders(screen: Screen) -> list[str]:
    return screen.page.locator("[data-testid=stExpander] summary").all_inner_texts()


def open_claim(screen: Screen, claim: str) -> None:
    with screen.change():
        screen.control(f"claim_page_{claim}").locator("summary").click()


def test_every_claim_of_every_document_is_listed_and_filtered_by_verdict(screen: Screen) -> None:
    screen.open(page="then-and-now")
    for document in DOCUMENTS:
        show_document(screen, document)
        own = [claim for claim in claims() if claim.document == document]
        listed = expanders(screen)
        assert len(listed) == len(own)
        for claim, text in zip(own, listed, strict=True):
            assert claim.title.replace("`", "") in text and VERDICTS[claim.verdict] in text
    with screen.change():
        screen.control("claims_verdict").get_by_role("radio", name=VERDICTS["wrong"]).click()
    assert len(expanders(screen)) == sum(claim.verdict == "wrong" for claim in own)


def test_a_claim_runs_its_snippet(screen: Screen) -> None:
    claim = next(claim for claim in claims() if claim.snippet and claim.verdict == "refused")
    screen.open(page="then-and-now")
    show_document(screen, claim.document)
    open_claim(screen, claim.id)
    screen.press(f"run_page_{claim.id}")
    shown = screen.control(f"claim_page_{claim.id}").locator("[data-testid=stCode]").last.inner_text()
    for text in claim.prints:
        assert text in shown
    assert screen.alive and screen.problems() == []


def test_a_claim_opens_its_experiment_and_its_number_comes_out(screen: Screen) -> None:
    claim = next(
        claim
        for claim in claims()
        if claim.open and any(e.index is not None and e.value is not None for e in claim.expect)
    )
    screen.open(page="then-and-now")
    show_document(screen, claim.document)
    open_claim(screen, claim.id)
    screen.press(f"open_page_{claim.id}")
    screen.painted()
    assert screen.page.url.split("?")[0].endswith("/explore")
    assert screen.problems() == []
    for expected in claim.expect:
        if expected.index is not None and expected.value is not None:
            assert abs(screen.numbers(expected.tensor)[tuple(expected.index)] - expected.value) < 1e-5
