"""The map of the region."""

from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as some

from config import maps
from config.maps import Stop, base_map, on_map, project, route_map


def test_the_static_file_is_what_the_data_says():
    assert maps.BASE.read_text(encoding="utf-8") == base_map(), "run: python -m config.maps"
    assert len(base_map()) < 20_000


def test_every_town_of_the_list_lies_where_it_should():
    from cases.places import places

    beyond = [place.name for place in places() if not on_map(float(place.latitude), float(place.longitude))]
    assert beyond == ["Faya"]
    assert len({(place.name, place.country) for place in places()}) == len(places())


def test_north_is_up_and_east_is_right():
    bamako, gao, tripoli = project(12.65, -8.0), project(16.27, -0.04), project(32.9, 13.2)
    assert bamako[0] < gao[0] < tripoli[0] and bamako[1] > gao[1] > tripoli[1]


@given(some.lists(some.builds(Stop, some.integers(1, 99), some.floats(-90, 90), some.floats(-180, 180), some.text(max_size=40)), max_size=12))
def test_any_road_is_a_drawing(stops):
    clean = [Stop(stop.number, stop.latitude, stop.longitude, "".join(c for c in stop.label if c.isprintable())) for stop in stops]
    drawn = str(route_map(clean, base_url="/static/region.svg", countries={"ML": "Mali"}, title="T", desc="D"))
    root = ElementTree.fromstring(drawn)
    assert root.get("role") == "img" and "style" not in drawn
