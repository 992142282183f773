"""HTML to PDF, tagged (PDF/UA) and with its own font: the one way in which Sira prints. Nothing comes from the network, nothing from the
disk but the fonts and the pictures named here."""

import importlib.util
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _

FONTS = {"Regular": 400, "Semibold": 600, "Bold": 700}
STATIC = frozenset({"eu_emblem.svg"})
Say = Callable[[str], None]


def font_folder() -> Path:
    """Where the package of the font keeps its files. Raises FileNotFoundError when it is not installed."""
    spec = importlib.util.find_spec("font_source_sans_pro")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("font_source_sans_pro")
    return Path(spec.origin).parent / "files"


def font_faces() -> list[tuple[str, int]]:
    """(file, weight), for a stylesheet: `src: url("sira:font/<file>")`."""
    return [(f"SourceSansPro-{style}.ttf", weight) for style, weight in FONTS.items()]


def _resource(name: str) -> tuple[bytes, str]:
    """A font, or one of our static files. Raises FileNotFoundError for anything else."""
    kind, _slash, file = name.partition("/")
    if kind == "font" and file in {f"SourceSansPro-{style}.ttf" for style in FONTS}:
        return (font_folder() / file).read_bytes(), "font/ttf"
    if kind == "static" and file in STATIC and (found := finders.find(file) or _collected(file)):
        return Path(found).read_bytes(), "image/svg+xml"
    raise FileNotFoundError(name)


def _collected(file: str) -> str | None:
    path = Path(settings.STATIC_ROOT) / file
    return str(path) if path.exists() else None


def fetcher() -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFilesOnly(URLFetcher):
        """Nothing from the network, nothing from the disk but the fonts and the emblem."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            if not url.startswith("sira:"):
                raise ValueError(f"refused: {url}")
            content, kind = _resource(url.removeprefix("sira:"))
            return URLFetcherResponse(url, content, {"Content-Type": kind})

    return OwnFilesOnly()


class _Listener(logging.Handler):
    """WeasyPrint tells its log what it does, page by page: passed on, so that a job's lease is renewed while it works."""

    def __init__(self, say: Say):
        super().__init__(logging.INFO)
        self.say = say

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if "Page" in text:
            self.say(_("Mise en page : page %(n)s") % {"n": text.rsplit(" ", 1)[-1]})
        elif text.startswith(("Step 6", "Step 7")):
            self.say(_("Écriture du fichier"))
        else:
            self.say(_("Mise en page"))


@contextmanager
def _told(say: Say) -> Iterator[None]:
    logger = logging.getLogger("weasyprint.progress")
    listener, level, propagate = _Listener(say), logger.level, logger.propagate
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)
        logger.propagate = propagate


def render(html: str, style: str, say: Say = lambda step: None) -> bytes:
    """The PDF/UA-1 of a page and its stylesheet. `say` hears what is being done, often."""
    with _told(say):
        return _first_that_fits([html], style, None)


def render_on_one_page(versions: Iterable[str], style: str) -> bytes:
    """The same of the first version of a page that fits on one sheet; each says a little less than the one before. The last is taken as it
    is. Versions are made only as far as they are needed."""
    return _first_that_fits(versions, style, 1)


def _first_that_fits(versions: Iterable[str], style: str, most: int | None) -> bytes:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fetch, fonts = fetcher(), FontConfiguration()
    options: dict[str, Any] = {"font_config": fonts, "pdf_variant": "pdf/ua-1", "pdf_tags": True}
    try:
        sheet = CSS(string=style, base_url="sira:", url_fetcher=fetch, font_config=fonts)
        document = None
        for html in versions:
            document = HTML(string=html, base_url="sira:", url_fetcher=fetch).render(stylesheets=[sheet], **options)
            if most is None or len(document.pages) <= most:
                break
        assert document is not None
        return document.write_pdf(**{name: value for name, value in options.items() if name != "font_config"})
    finally:
        # Its folder of fonts goes now: a worker's process ends without collecting its garbage, and would leave one each time.
        fonts.__del__()
