"""The body's editor: what it can make, and what the sanitiser lets through for it.

Read by the settings, so nothing here may import a model.
"""

from django.urls import reverse_lazy
from django_prose_editor.config import add_allowed_classes, html_tags
from js_asset import static_lazy


def allow_pull_quotes(_config, allowed):
    """Let through what static/editor/pull_quote.js makes."""
    html_tags(["aside"])(None, allowed)
    add_allowed_classes(allowed, {"aside": ["pull-quote"]})


OWN_EXTENSIONS = [
    {"js": [static_lazy("editor/pull_quote.js")], "extensions": {"PullQuote": allow_pull_quotes}},
    {
        "js": [static_lazy("editor/library_figure.js")],
        "extensions": {
            "LibraryFigure": html_tags(["figure", "figcaption"], {"figure": ["data-image"]})
        },
    },
    {"js": [static_lazy("editor/paste.js")], "extensions": {"CleanPaste": html_tags([])}},
]

BODY_EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "Heading": {"levels": [2, 3]},
    "BulletList": True,
    "OrderedList": {"enableListAttributes": False},
    "ListItem": True,
    "Blockquote": True,
    "PullQuote": True,
    "HardBreak": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto"]},
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "LibraryFigure": {
        "library": reverse_lazy("admin:articles_image_library"),
        "addition": reverse_lazy("admin:articles_image_add"),
    },
    "CleanPaste": True,
}
