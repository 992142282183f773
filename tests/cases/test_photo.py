"""The photo: agreed to, made anew, seen by those who follow the person, gone when the agreement is."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image

from cases import pictures
from cases.models import Migrant
from cases.services import give_consent, issue_card, remove_photo, set_photo, withdraw_consent
from tests.factories import agent_of, make_migrant

from .factories import make_file, make_merge, make_pair, make_photo, move, picture
from .test_registration import _in_threads


def agreed(centre, **identity):
    person = make_migrant(centre, **identity)
    give_consent(actor=agent_of(centre), migrant=person, purpose="photo", method="signed")
    return person


def kept(person):
    person.refresh_from_db()
    with person.photo.open("rb") as file:
        return Image.open(io.BytesIO(file.read()))


def send(browser, person, content, name="moi.jpg", kind="image/jpeg"):
    return browser.post(reverse("cases:take_photo", args=[person.pk]), {"photo": make_file(content, name, kind)})


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SecretPhone"
    exif.get_ifd(0x8825)[1] = "N"
    return picture(size=(800, 400), exif=exif)


def test_a_photo_is_made_anew_upright_small_and_without_what_it_carried(as_user, centre):
    person, browser = agreed(centre("GAO")), as_user("agent.gao")
    assert b"SecretPhone" in with_exif()
    assert send(browser, person, with_exif()).status_code == 302
    image = kept(person)
    assert (image.format, image.size) == ("JPEG", (240, 480))
    assert not image.getexif() and "exif" not in image.info and "icc_profile" not in image.info
    with person.photo.open("rb") as file:
        assert b"SecretPhone" not in file.read()
    assert person.case_number not in person.photo.name and str(person.pk) not in person.photo.name
    page = browser.get(reverse("cases:migrant", args=[person.pk])).content.decode()
    assert f'src="{reverse("cases:photo", args=[person.pk])}?small=1"' in page
    whole = browser.get(reverse("cases:photo", args=[person.pk]))
    assert (whole["Content-Type"], whole["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert "no-store" in whole["Cache-Control"]
    little = browser.get(reverse("cases:photo", args=[person.pk]), {"small": "1"}).content
    assert max(Image.open(io.BytesIO(little)).size) == pictures.SMALL and len(little) < len(whole.content)


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "LA"), ("WEBP", "RGB"), ("JPEG", "CMYK"), ("JPEG", "L")])
def test_every_usual_kind_of_picture_is_taken(centre, kind, mode):
    out = io.BytesIO()
    Image.new("RGBA", (64, 64), "teal").convert("RGB" if mode == "CMYK" else mode if mode != "LA" else "LA").convert(mode).save(out, kind)
    assert Image.open(io.BytesIO(pictures.portrait(io.BytesIO(out.getvalue())))).mode == "RGB"


PHOTOS = Path(__file__).parent / "photos"


def with_segment(number: int, content: bytes) -> bytes:
    """A photo with such a segment before the picture."""
    whole = picture(size=(300, 200))
    return whole[:2] + bytes((0xFF, number)) + struct.pack(">H", len(content) + 2) + content + whole[2:]


BESIDE = {
    "corrupt exif": lambda: (PHOTOS / "photo_corrupt_exif.jpg").read_bytes(),
    "cut frame": lambda: (PHOTOS / "photo_mpo_truncated.jpg").read_bytes(),
    "no tiff in the exif": lambda: with_segment(0xE1, b"Exif\0\0" + b"rubbish" * 9),
    "exif cut": lambda: with_segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff"),
    "frames without an index": lambda: with_segment(0xE2, b"MPF\0MM\0*\0\0\0\x08\xff\xff"),
    "a wrong profile": lambda: with_segment(0xE2, b"ICC_PROFILE\0\x07\x02oops"),
    "a bad orientation": lambda: with_segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x05\0\0\0\x01\xff\xff\xff\xff\0\0\0\0"),
}


@pytest.mark.parametrize("name", BESIDE)
def test_a_photo_is_taken_whatever_is_broken_beside_it(name):
    image = Image.open(io.BytesIO(pictures.portrait(io.BytesIO(BESIDE[name]()))))
    assert image.size == (300, 200)


def test_a_phones_picture_of_two_frames_is_its_first():
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (300, 200), "blue")])
    for content in (out.getvalue(), out.getvalue()[:-200]):
        assert Image.open(io.BytesIO(pictures.portrait(io.BytesIO(content)))).getpixel((10, 10))[0] > 200


def bomb() -> bytes:
    """A small PNG that says it has four thousand million pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 65_000, 65_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b"")


HOSTILE = {
    "nothing": b"",
    "text": b"<script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "php": b"\xff\xd8\xff\xe0<?php system($_GET[0]); ?>",
    "gif": b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;",
    "cut": picture()[:700],
    "cut png": picture("PNG")[:120],
    "bomb": bomb(),
    "speck": picture(size=(2, 2)),
    "pdf": b"%PDF-1.7\n",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "wide": picture("PNG", size=(9000, 5000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_photo_is_refused_in_words(as_user, centre, name):
    person = agreed(centre("GAO"))
    page = send(as_user("agent.gao"), person, HOSTILE[name])
    assert page.status_code == 200
    assert page.context["form"].errors["photo"]
    person.refresh_from_db()
    assert not person.photo


def test_a_photo_too_heavy_is_refused(centre):
    with pytest.raises(ValidationError):
        pictures.portrait(io.BytesIO(picture() + b"\0" * pictures.MOST_BYTES))


def test_without_agreement_there_is_no_photo(as_user, centre):
    person = make_migrant(centre("GAO"))
    page = send(as_user("agent.gao"), person, picture())
    assert page.status_code == 200
    assert "n’a pas donné son accord" in page.content.decode()
    person.refresh_from_db()
    assert not person.photo


@pytest.mark.django_db(transaction=True)
def test_taking_back_the_agreement_deletes_the_picture_itself(centre):
    person = make_photo(centre("GAO"))
    name = person.photo.name
    assert default_storage.exists(name)
    withdraw_consent(actor=agent_of(centre("GAO")), consent=person.consents.get(purpose="photo"))
    person.refresh_from_db()
    assert not person.photo and not default_storage.exists(name)
    with pytest.raises(ValidationError):
        set_photo(actor=agent_of(centre("GAO")), migrant=person, file=make_file(picture()))


@pytest.mark.django_db(transaction=True)
def test_no_picture_of_joined_files_outlives_the_agreement(centre):
    gao = centre("GAO")
    pair = make_pair(gao)
    first, second = (make_photo(gao, one) for one in (pair.first, pair.second))
    names = [first.photo.name, second.photo.name]
    merge = make_merge(gao, pair, take=("photo",))
    merge.survivor.refresh_from_db()
    assert all(default_storage.exists(name) for name in names), "both are kept, so that the merge can be undone"
    for consent in merge.survivor.consents.filter(purpose="photo", withdrawn_at=None):
        withdraw_consent(actor=agent_of(gao), consent=consent)
    assert not any(default_storage.exists(name) for name in names)
    merge.refresh_from_db()
    assert "photo" not in merge.fields and not Migrant.objects.exclude(photo="").exists()


@pytest.mark.django_db(transaction=True)
def test_a_new_photo_takes_the_place_of_the_old(centre):
    person = make_photo(centre("GAO"))
    old = person.photo.name
    set_photo(actor=agent_of(centre("GAO")), migrant=person, file=make_file(picture(colour="red")))
    person.refresh_from_db()
    assert person.photo.name != old and not default_storage.exists(old)
    assert kept(person).getpixel((10, 10))[0] > 200
    remove_photo(actor=agent_of(centre("GAO")), migrant=person)
    person.refresh_from_db()
    assert not person.photo


def test_the_photo_follows_the_file_and_no_further(as_user, persona, centre):
    person = make_photo(centre("GAO"))
    url = reverse("cases:photo", args=[person.pk])
    assert as_user("protection").get(url).status_code == 200
    assert as_user("agent.kayes").get(url).status_code == 404
    for username in ("steering.eu", "me.iom", "auditor", "admin"):
        assert as_user(username).get(url).status_code == 404
    with pytest.raises(PermissionDenied):
        set_photo(actor=persona("protection"), migrant=person, file=make_file(picture()))
    move(person, centre("KAY"))
    assert as_user("agent.gao").get(url).status_code == 404  # no longer theirs: how the person looks now is not
    assert "?small=1" not in as_user("agent.gao").get(reverse("cases:migrant", args=[person.pk])).content.decode()
    assert as_user("agent.kayes").get(url).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_photo_and_a_card_never_outlive_a_withdrawal_at_the_same_moment(centre):
    gao = centre("GAO")
    agent = agent_of(gao)
    people = [agreed(gao) for _each in range(6)]

    def act(i):
        person = people[i // 3]
        if i % 3 == 0:
            return withdraw_consent(actor=agent, consent=person.consents.get(purpose="registration"))
        return set_photo(actor=agent, migrant=person, file=make_file(picture())) if i % 3 == 1 else issue_card(actor=agent, migrant=person)

    results = _in_threads(18, act)
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, ValidationError)]
    for person in people:
        person.refresh_from_db()
        assert not person.photo
        assert not person.cards.valid().exists()
