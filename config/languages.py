"""The languages people of the road speak, by ISO 639-3 code; those of the region first."""

from django.utils.translation import gettext_lazy as _

LANGUAGES = [
    ("bam", _("bambara")),
    ("ful", _("peul")),
    ("snk", _("soninké")),
    ("ses", _("songhaï")),
    ("taq", _("tamasheq")),
    ("mlq", _("malinké")),
    ("kao", _("khassonké")),
    ("man", _("mandingue")),
    ("dyu", _("dioula")),
    ("wol", _("wolof")),
    ("mey", _("hassaniya")),
    ("hau", _("haoussa")),
    ("sus", _("soussou")),
    ("mos", _("mooré")),
    ("dts", _("dogon")),
    ("spp", _("sénoufo")),
    ("bmq", _("bomu")),
    ("bze", _("bozo")),
    ("fra", _("français")),
    ("eng", _("anglais")),
    ("ara", _("arabe")),
    ("por", _("portugais")),
    ("spa", _("espagnol")),
    ("oth", _("une autre langue")),
]
LANGUAGE_CODES = frozenset(code for code, _name in LANGUAGES)
