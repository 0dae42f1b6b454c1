"""One server for the browser tests, one Chromium for each of their modules, a fresh page for each test."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
import serving
from playwright.sync_api import Browser, BrowserContext
from screen import Screen, Server

from benchmarks.chromium import chromium

SCREENS = pytest.StashKey[list[Screen]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test tells what its pages show."""
    report = yield
    if report.when == "call" and report.failed:
        for screen in item.stash.get(SCREENS, []):
            try:
                told = screen.report()
            except Exception as error:  # the page may be what has failed
                told = f"The page cannot be read: {error}"
            report.sections.append(("What the page shows", told))
    return report


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as a user starts it."""
    with serving.app(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. For a module only: Playwright's loop must not be running when another module starts its own."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> dict[str, BrowserContext]:
    """The browser contexts of a module: what a visitor's browser has fetched is not fetched again by the next test."""
    return {}


@pytest.fixture
def visitor(
    request: pytest.FixtureRequest, server: Server, browser: Browser, contexts: dict[str, BrowserContext]
) -> Iterator[Callable[..., Screen]]:
    """Makes visitors: each call opens a page, so a session, of its own.

    Visitors with another `who`, or other options of the browser context, share nothing at all.
    """
    screens = request.node.stash.setdefault(SCREENS, [])

    def make(who: str = "first", **options: Any) -> Screen:
        key = f"{who} {options}"
        if key not in contexts:
            chosen = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **options}
            contexts[key] = browser.new_context(**chosen)
        screens.append(Screen(contexts[key].new_page(), server))
        return screens[-1]

    yield make
    errors = [error for screen in screens for error in screen.errors]
    for screen in screens:
        screen.page.close()
    assert not errors, "JavaScript errors, or violations of the policy, on the page"


@pytest.fixture
def screen(visitor: Callable[..., Screen]) -> Screen:
    """The screen of one visitor."""
    return visitor()
