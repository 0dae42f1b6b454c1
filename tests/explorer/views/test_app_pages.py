"""Every page, panel and layer draws, in both languages."""

from __future__ import annotations

import pytest
from app_probe import failures, flows, message, picture, visit
from catalogue_runs import one_of_each_family
from streamlit import config
from streamlit.runtime.scriptrunner import magic_funcs

import layers
from explorer import views
from explorer.engine.job import Job
from explorer.engine.pool.client import engine
from explorer.i18n.translator import LANGUAGES

pytestmark = pytest.mark.usefixtures("warm_engine")

PAGES = sorted(name for name, view in views.PAGES.all().items() if view.fits())
PANELS = sorted(views.PANELS.all())


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
