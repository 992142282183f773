"""Photos of people: whatever a browser sends comes out as a small JPEG of our own making, or not at all."""

import io
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


def portrait(file: Any) -> bytes:
    """The photo as a JPEG of 480 pixels at most, upright, without anything else that was in the file (place, time, device, profile).

    `file`: open for reading, at its start. Raises ValidationError in words for what is no photo, too big, or made to hurt."""
    content = file.read(MOST_BYTES + 1)
    if not content or len(content) > MOST_BYTES:
        raise ValidationError(_("La photo est vide ou dépasse 10 Mo. Prenez-la en plus petit et réessayez."), code="size")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint, once it is loaded, lets half a picture pass in the whole process
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS or min(image.size) < 16:
                    raise ValidationError(_("Cette photo est trop grande ou trop petite. Prenez-la de nouveau, ou choisissez-en une autre."), code="pixels")
                image.draft("RGB", (LONGEST * 2, LONGEST * 2))
                upright = ImageOps.exif_transpose(image)
                upright.thumbnail((LONGEST, LONGEST))
                flat = Image.new("RGB", upright.size, "white")
                clear = upright.convert("RGBA")
                flat.paste(clear, mask=clear.getchannel("A"))
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _no_photo() from error
    # A broken or hostile file makes the decoders raise almost anything; none of it is a fault of ours.
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, ArithmeticError, EOFError, MemoryError, Warning) as error:
        raise _no_photo() from error
    return _encoded(flat, 78)


def _no_photo() -> ValidationError:
    return ValidationError(_("Ce fichier n’est pas une photo lisible. Choisissez une photo JPEG, PNG ou WebP."), code="image")


def small(content: bytes) -> bytes:
    """A photo of ours at the size of the head of a file, for slow lines."""
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
        image.thumbnail((SMALL, SMALL))
        return _encoded(image, 70)
