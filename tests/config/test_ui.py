"""The components of the pages: what they promise in docs/ui.md."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

TEMPLATES = Path(settings.BASE_DIR) / "templates"


@pytest.fixture(autouse=True)
def _french():
    with translation.override("fr"):
        yield


def draw(source: str, path: str = "/migrants/", **context) -> str:
    request = RequestFactory().get(path)
    return Template("{% load i18n sira %}" + source).render(Context({"request": request, **context}))


class PersonForm(forms.Form):
    name = forms.CharField(label="Nom", help_text="Comme la personne le dit.")
    sex = forms.ChoiceField(label="Sexe", choices=[("f", "Femme"), ("m", "Homme")], widget=forms.RadioSelect)
    phone = forms.CharField(label="Téléphone", required=False)
    agreed = forms.BooleanField(label="Accord", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


# --- forms ----------------------------------------------------------------------------------------------------------


def test_a_form_printed_as_it_is_has_our_looks_and_its_summary():
    html = draw("{{ form }}", form=PersonForm({"name": ""}))
    assert "data-error-summary" in html
    assert 'href="#id_name"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert "(facultatif)" in html
    assert 'type="hidden"' in html


def test_every_link_of_the_summary_leads_somewhere():
    html = draw("{{ form }}", form=PersonForm({}))
    anchors = re.findall(r'href="#([^"]+)"', html)
    assert len(anchors) == 2
    assert all(f'id="{anchor}"' in html for anchor in anchors)


def test_radio_buttons_stand_in_a_fieldset_with_their_question():
    html = draw("{% field form.sex %}", form=PersonForm())
    assert re.search(r"<fieldset[^>]*>\s*<legend>Sexe</legend>", html)
    assert html.count('type="radio"') == html.count("<label for=") == 2


def test_the_summary_is_shown_once():
    form = PersonForm({})
    assert draw("{% error_summary form %}{{ form }}", form=form).count("data-error-summary") == 1
    assert "data-error-summary" not in draw("{% error_summary form %}", form=PersonForm())


def test_the_page_may_use_its_own_words_for_a_field():
    html = draw('{% field form.name label="Prénom" hint=False %}', form=PersonForm())
    assert "Prénom" in html
    assert "hint" not in html
    assert "(facultatif)" not in draw("{% field form.phone optional=False %}", form=PersonForm())


def test_what_people_type_is_escaped():
    html = draw("{{ form }}", form=PersonForm({"name": '"><script>x</script>'}))
    assert "<script>" not in html


def test_a_hint_is_text_too():
    """What an officer or a file wrote may stand in a hint: it must not become a tag that acts in the reader's name."""

    class Hinted(forms.Form):
        name = forms.CharField(help_text='<b hx-get="/migrants/" hx-trigger="load">x</b>')

    for source in ("{{ form }}", "{% field form.name %}", "{% filters form %}"):
        assert "<b hx" not in draw(source, form=Hinted())


def test_a_whole_form():
    html = draw('{% include "components/form.html" with submit="Ouvrir" cancel_url="/x/" %}', form=PersonForm(), csrf_token="t")
    assert "csrfmiddlewaretoken" in html
    assert "novalidate" in html
    assert 'href="/x/"' in html
    assert ">Ouvrir</button>" in html


def test_filters_keep_the_order_and_offer_to_clear():
    html = draw("{% filters form %}", path="/migrants/?phone=7&sort=-name", form=PersonForm({"phone": "7"}))
    assert 'name="sort" value="-name"' in html
    assert "Effacer les filtres" in html
    assert "Effacer les filtres" not in draw("{% filters form %}", form=PersonForm())


# --- lists ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "link", "state"),
    [("/?q=a&page=3", "?q=a&amp;sort=name", ""), ("/?sort=name", "?sort=-name", "ascending"), ("/?sort=-name", "?sort=name", "descending")],
)
def test_a_sort_header_turns_the_order_and_goes_back_to_the_start(path, link, state):
    html = draw('{% sort_header "Nom" "name" %}', path=path)
    assert f'href="{link}"' in html
    assert (f'aria-sort="{state}"' in html) == bool(state)


def test_pages_by_number_and_by_key():
    html = draw("{% pagination page %}", path="/?q=a", page=Paginator(range(130), 50).page(2))
    assert "?q=a&amp;page=1" in html
    assert "51–100" in html
    html = draw("{% pagination page %}", page={"next_url": "?after=x", "first": 1, "last": 50, "total": 16234})
    assert 'href="?after=x"' in html
    assert "16\u202f234" in html
    assert "Précédents" not in html


def test_a_table_from_data():
    data = {"headers": ["Mois", {"label": "Femmes", "num": True}], "rows": [["mars", 1200], ["avril", {"text": "tard", "tone": "warn"}]]}
    html = draw("{% table t %}", t=data)
    assert '<th scope="row">mars</th>' in html
    assert '<td data-label="Femmes" class="num">1\u202f200</td>' in html
    assert "chip warn" in html
    assert "Rien à montrer" in draw("{% table t %}", t={"headers": ["A"], "rows": []})


# --- pieces ---------------------------------------------------------------------------------------------------------


def test_a_status_always_has_its_word():
    assert draw('{% chip "Ouvert" "ok" %}') == '<span class="chip ok">Ouvert</span>'
    assert "chip neutral" in draw('{% chip "Ouvert" "pink" %}')
    assert draw('{% chip "" %}') == ""


def test_blocks_keep_what_the_page_wrote_and_escape_what_people_wrote():
    html = draw('{% page_header title=name %}<a class="button">Aller</a>{% endpage_header %}', name="<b>Traoré</b>")
    assert '<a class="button">Aller</a>' in html
    assert "&lt;b&gt;Traoré" in html
    assert "<p>x</p>" in draw('{% callout "warn" "T" %}<p>x</p>{% endcallout %}')


def test_a_timeline_takes_dictionaries_and_objects():
    class Entry:
        when, title, chip = dt.date(2026, 11, 23), "Arrivée", ("Faite", "ok")

    html = draw("{% timeline e %}", e=[Entry(), {"when": "hier", "title": "Repas", "detail": "<b>"}])
    assert '<time datetime="2026-11-23">23 novembre 2026</time>' in html
    assert "chip ok" in html
    assert "&lt;b&gt;" in html


def test_an_empty_value_says_so_and_zero_is_a_value():
    assert "Non renseigné" in draw('{% row "Téléphone" "" %}')
    assert "Non renseigné" not in draw('{% row "Enfants" 0 %}')


@pytest.mark.parametrize(
    ("source", "value", "text"),
    [
        ("number", 16000, "16\u202f000"),
        ("number", None, ""),
        ("number:1", 3, "3,0"),
        ("percent", 0.42, "42\u202f%"),
        ("duration", 1, "1 jour"),
        ("duration", 59, "59 jours"),
        ("duration", 91, "3 mois"),
        ("duration", dt.timedelta(days=426), "1 an et 2 mois"),
        ("duration", 730, "2 ans"),
        ("initials", "Aminata Traoré", "AT"),
        ("initials", "", ""),
    ],
)
def test_filters(source, value, text):
    assert draw("{{ v|" + source + " }}", v=value) == text


@pytest.mark.parametrize(("days", "text"), [(0, "aujourd’hui"), (1, "demain"), (-1, "hier"), (5, "dans 5 jours"), (-90, "il y a 3 mois")])
def test_how_far_a_day_is(days, text):
    assert draw("{{ d|relative }}", d=timezone.localdate() + dt.timedelta(days=days)) == text


def test_age_counts_birthdays_and_months_of_the_very_young():
    today = timezone.localdate()
    assert draw("{{ d|age }}", d=today.replace(year=today.year - 24, day=1)) == "24 ans"
    assert draw("{{ d|age }}", d=today - dt.timedelta(days=40)) == "1 mois"
    assert draw("{{ d|age }}", d=None) == ""


# --- pages without a view -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["400", "403_csrf", "429", "500"])
def test_error_pages_stand_alone(name):
    from django.template.loader import render_to_string

    html = render_to_string(f"{name}.html")
    assert "<h1>" in html
    assert 'href="/"' in html


def test_no_template_has_what_the_csp_forbids():
    forbidden = re.compile(r"""<style|\sstyle=|\son\w+=["']|<script(?![^>]*\ssrc=)|javascript:""", re.IGNORECASE)
    bad = [str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html") if forbidden.search(path.read_text())]
    assert not bad, bad


def test_stylesheet_and_script_stay_small():
    import brotli

    static = Path(settings.BASE_DIR) / "static"
    assert len(brotli.compress((static / "sira.css").read_bytes())) < 12_000
    assert len(brotli.compress((static / "sira.js").read_bytes())) < 6_000  # what keeps typed text is part of it: one request less on a first visit
