"""The body's editor: what it can make, and what the sanitiser lets through for it.

Read by the settings, so nothing here may import a model.
"""

from django.conf import settings
from django.urls import reverse_lazy
from django.utils.functional import lazy
from django_prose_editor.config import add_allowed_classes, html_tags
from js_asset import static_lazy

from articles import embeds
from articles.languages import LANGUAGES


def allow_pull_quotes(_config, allowed):
    """Let through what static/editor/pull_quote.js makes."""
    html_tags(["aside"])(None, allowed)
    add_allowed_classes(allowed, {"aside": ["pull-quote"]})


OWN_EXTENSIONS = [
    {"js": [static_lazy("editor/pull_quote.js")], "extensions": {"PullQuote": allow_pull_quotes}},
    {
        "js": [static_lazy("editor/language.js")],
        "extensions": {"Language": html_tags(["span"], {"span": ["lang"]})},
    },
    {
        "js": [static_lazy("editor/library_figure.js")],
        "extensions": {
            "LibraryFigure": html_tags(["figure", "figcaption"], {"figure": ["data-image"]})
        },
    },
    {
        "js": [static_lazy("editor/embed.js")],
        "extensions": {"Embed": html_tags(["figure", "figcaption"], {"figure": ["data-embed"]})},
    },
    {"js": [static_lazy("editor/story_link.js")], "extensions": {"StoryLink": html_tags([])}},
    {"js": [static_lazy("editor/smart_quotes.js")], "extensions": {"SmartQuotes": html_tags([])}},
    {"js": [static_lazy("editor/caret.js")], "extensions": {"CaretInSight": html_tags([])}},
    {"js": [static_lazy("editor/paste.js")], "extensions": {"CleanPaste": html_tags([])}},
]

# Read when the editor is shown: the settings are not whole yet.
NEWSROOM_LANGUAGE = lazy(lambda: settings.LANGUAGE_CODE, str)()

BODY_EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "Language": {"languages": LANGUAGES},
    "Heading": {"levels": [2, 3]},
    "BulletList": True,
    "OrderedList": {"enableListAttributes": False},
    "ListItem": True,
    "Blockquote": True,
    "PullQuote": True,
    "HardBreak": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "story"]},
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "LibraryFigure": {
        "library": reverse_lazy("admin:articles_image_changelist"),
    },
    "StoryLink": {"search": reverse_lazy("admin:articles_article_story_links")},
    "Embed": {"providers": embeds.for_editor()},
    "SmartQuotes": {"language": NEWSROOM_LANGUAGE},
    "CaretInSight": True,
    "CleanPaste": True,
}
