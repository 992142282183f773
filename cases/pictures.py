"""Photos of people: whatever a browser sends comes out as a small JPEG of our own making, or not at all."""

import io
import struct
import warnings
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

LONGEST = 480  # pixels
SMALL = 176  # twice the 88 of the head of a file
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000  # what the best telephones take; more is a bomb
FORMATS = ("JPEG", "PNG", "WEBP")


def _encoded(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


# A broken or hostile file makes the decoders raise almost anything; none of it is a fault of ours.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, ArithmeticError, AttributeError, EOFError, MemoryError, Warning, struct.error)


def _opened(content: bytes) -> Image.Image:
    """Of a JPEG with broken segments beside the picture: the picture."""
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise
    except BROKEN:
        return Image.open(io.BytesIO(_bare(content)), formats=FORMATS)


def _bare(content: bytes) -> bytes:
    """A JPEG without what applications wrote before the picture (EXIF, further frames, profiles); anything else as it is."""
    if content[:2] != b"\xff\xd8":
        return content
    kept, place = [content[:2]], 2
    while content[place : place + 1] == b"\xff" and place + 4 <= len(content):
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4])
        if marker == 0xDA or length < 2:
            break
        if not 0xE1 <= marker <= 0xEF or content[place + 4 : place + 9] == b"Adobe":  # how its colours are to be read
            kept.append(content[place : place + 2 + length])
        place += 2 + length
    return b"".join([*kept, content[place:]])


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera was held, where the file can still say how."""
    try:
        return ImageOps.exif_transpose(image)
    except BROKEN:
        image.info.pop("exif", None)
        return image


def portrait(file: Any) -> bytes:
    """The photo as a JPEG of 480 pixels at most, upright, without anything else that was in the file (place, time, device, profile).

    `file`: open for reading, at its start. Raises ValidationError in words for what is no photo, too big, or made to hurt."""
    content = file.read(MOST_BYTES + 1)
    if not content or len(content) > MOST_BYTES:
        raise ValidationError(_("La photo est vide ou dépasse 10 Mo. Prenez-la en plus petit et réessayez."), code="size")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what stands beside the picture (device, place, further frames) may be broken: no viewer minds
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint, once it is loaded, lets half a picture pass in the whole process
            with _opened(content) as image:
                if image.width * image.height > MOST_PIXELS or min(image.size) < 16:
                    raise ValidationError(_("Cette photo est trop grande ou trop petite. Prenez-la de nouveau, ou choisissez-en une autre."), code="pixels")
                image.draft("RGB", (LONGEST * 2, LONGEST * 2))
                upright = _upright(image)
                upright.thumbnail((LONGEST, LONGEST))
                flat = Image.new("RGB", upright.size, "white")
                clear = upright.convert("RGBA")
                flat.paste(clear, mask=clear.getchannel("A"))
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _no_photo() from error
    except BROKEN as error:
        raise _no_photo() from error
    return _encoded(flat, 78)


def _no_photo() -> ValidationError:
    return ValidationError(_("Ce fichier n’est pas une photo lisible. Choisissez une photo JPEG, PNG ou WebP."), code="image")


def small(content: bytes) -> bytes:
    """A photo of ours at the size of the head of a file, for slow lines."""
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
        image.thumbnail((SMALL, SMALL))
        return _encoded(image, 70)
