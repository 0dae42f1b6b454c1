"""Every page, panel and layer draws, in both languages."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from app_probe import failures, flows, message, picture, visit
from catalogue_runs import one_of_each_family
from streamlit import config
from streamlit.runtime.scriptrunner import magic_funcs

import layers
from explorer import views
from explorer.engine.job import Job
from explorer.engine.pool.client import Busy, engine
from explorer.i18n.translator import LANGUAGES
from explorer.views import own_code

pytestmark = pytest.mark.usefixtures("warm_engine")

PAGES = sorted(name for name, view in views.PAGES.all().items() if view.fits())
PANELS = sorted(views.PANELS.all())


def test_what_keeps_the_first_code_from_running_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The editor is drawn before the code is tried, what became of it after."""
    busy = Busy("Many people are running code at the moment. Try again in a few seconds.", where="engine")
    monkeypatch.setattr(own_code, "open_code", Mock(side_effect=busy))
    app = visit("write", language="ko")
    assert failures(app) == ["**지금 코드를 실행하는 사람이 많습니다\\. 몇 초 뒤에 다시 시도하세요\\.**"]
    assert flows(app) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_in_every_language(page: str, language: str) -> None:
    app = visit(page, language=language)
    assert failures(app) == []
    assert len(app.title) == (page != "gallery"), "the gallery's title is its hero's"
    assert app.session_state["session"].text.language == language


@pytest.mark.parametrize("page", PAGES)
def test_nothing_stands_on_a_page_that_no_view_drew(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit writes a bare expression of app.py onto every page, a constant's docstring too."""
    written: list[str] = []
    monkeypatch.setattr(magic_funcs, "transparent_write", lambda *shown: written.append(str(shown)))
    visit(page)
    assert not config.get_option("runner.magicEnabled") and not written


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("layer", ["attention", "keras.layers.LSTM", "keras.layers.Embedding"])
def test_every_panel_draws_and_the_link_keeps_it(layer: str, panel: str) -> None:
    app = visit(layer=layer, panel=panel)
    assert failures(app) == []
    assert app.query_params["panel"] == panel
    assert len(picture(visit(layer=layer))) >= 3


def test_every_layer_of_the_catalogue_and_one_of_each_family_of_keras_draws() -> None:
    known = engine().submit(Job("cards", {}, {}), lane="test").result(60).meta["cards"]
    names = [*layers.catalogue(), *one_of_each_family(known)]
    broken, drawn = {}, 0
    for name in names:
        app = visit(layer=name)
        if failures(app):
            broken[name] = failures(app)
        elif flows(app):
            header, _ = message(app)
            drawn += bool(header["flow"]["outputs"])
    print(f"\n{drawn} of {len(names)} layers drawn with an output")
    assert broken == {}
    assert drawn >= len(names) - 4
