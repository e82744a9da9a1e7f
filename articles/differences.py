"""What became of a part of a story, in words: at the desk, and on the page that readers have."""

from dataclasses import dataclass

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from articles.models import Correction, Role, Story

LABELS = {
    **{field.name: capfirst(field.verbose_name) for field in Story._meta.fields},
    "lead_image_alt": gettext_lazy("Lead image: alt text"),
    "lead_image_caption": gettext_lazy("Lead image: caption"),
    "lead_image_credit": gettext_lazy("Lead image: credit"),
    "bylines": gettext_lazy("Bylines"),
    "tags": gettext_lazy("Tags"),
    "related_reads": gettext_lazy("Related reads"),
    "corrections": gettext_lazy("Corrections"),
}


@dataclass(frozen=True)
class PartDifference:
    """One part of a story that differs: both values and what became of the first, as HTML."""

    part: str
    label: str
    before: SafeString
    after: SafeString
    marked: SafeString


def in_lines(lines):
    """Return lines of text as HTML, a paragraph each."""
    return format_html_join("", "<p>{}</p>", ((line,) for line in lines if line))


def byline_in_words(name, role):
    """Return a name in a byline, with what its bearer did if they did not write."""
    label = dict(Role.choices).get(role, role) if role else ""
    return f"{name} ({label})" if label else name


def correction_in_words(kind, noted_at, text):
    """Return a correction as one line; ``noted_at`` is in words already."""
    return f"{dict(Correction.Kind.choices).get(kind, kind)}, {noted_at}: {text}"
