"""A story's body: what it may hold, in the editor and behind it."""

import re

import nh3
from django_prose_editor.config import allowlist_from_extensions
from django_prose_editor.fields import ProseEditorField

from articles import embeds
from articles.editor import BODY_EXTENSIONS
from articles.languages import drop_spans_of_no_language, language_tag


def _allowlist():
    """Return nh3's arguments: what the editor makes, and nothing more."""
    allowed = allowlist_from_extensions(BODY_EXTENSIONS)
    # The library's own rules allow more than its editor, set up as ours, can make.
    allowed["attributes"]["a"] = {"href", "title"}
    allowed["attributes"]["ol"] = {"start"}
    # A passage in another language may run the other way.
    allowed["set_tag_attribute_values"] = {"span": {"dir": "auto"}}
    allowed["attribute_filter"] = _keep_attribute
    return allowed


def _keep_attribute(tag, attribute, value):
    """Return the value that an attribute keeps, or None for none."""
    if attribute == "href":
        return _whole_address(value)
    if attribute == "data-embed":
        embed = embeds.recognise(value)
        return embed and embed.address
    if attribute == "lang":
        return language_tag(value) if tag == "span" else None
    if attribute in {"data-image", "rowspan", "colspan", "start"} and not re.fullmatch(
        r"[0-9]{1,18}", value
    ):
        return None
    return value


def _whole_address(href):
    """Return a link's address with the scheme that was not typed; None for what is no address.

    Without one, a browser takes "example.org" for a page beside the story. "story:12" is
    the article with that number, wherever it stands by then (articles.body).
    """
    href = href.strip()
    if re.match(r"(https?|mailto):|/(?!/)", href, re.IGNORECASE):
        return href
    if re.fullmatch(r"story:[1-9][0-9]{0,17}", href):
        return href
    mail = re.fullmatch(r"[^\s/@:]++@([^\s/@:]++)", href)
    if mail and "." in mail[1][1:-1]:
        return f"mailto:{href}"
    if re.match(r"[^\s/@:#?.]+(\.[^\s/@:#?.]+)+([/:#?]\S*)?$", href):
        return f"https://{href}"
    return None


# The sanitiser writes figures in this one form.
FIGURE = re.compile(
    r'<figure data-image="(\d+)">\s*+(?:<figcaption>(.*?)</figcaption>)?\s*+</figure>', re.DOTALL
)
_cleaner = nh3.Cleaner(**_allowlist())
_BLOCK = r"(?:p|h2|h3|li|td|th|figcaption|blockquote|aside)"
_SPACE = r"(?:&nbsp;|\s)"
# What is left when neither picture nor embed was one: the caption's words are kept.
_FIGURE_OF_NOTHING = re.compile(
    r"<figure>\s*+(?:<figcaption>(.*?)</figcaption>)?\s*+</figure>", re.DOTALL
)


def sanitise_body(html):
    """Return HTML with nothing in it that a body may not hold; doing it twice changes nothing.

    Spaces that typing and pasting leave behind (no-break spaces at the ends of blocks or
    beside other spaces) go as well; a body without words or figures is "".
    """
    # What one round takes away may be what held something else together. Nobody's typing
    # or pasting needs more than three rounds.
    for _round in range(10):
        before, html = html, _cleaned_once(html)
        if html == before:
            break
    return html


def _cleaned_once(html):
    html = _FIGURE_OF_NOTHING.sub(r"<p>\1</p>", _cleaner.clean(html))
    html = re.sub(r"<span\b[^>]*></span>", "", drop_spans_of_no_language(html))
    # Each run of spaces is read once, from its beginning: there may be very many.
    html = re.sub(r"(?<!&nbsp;)(?:&nbsp;)++ (?:&nbsp;| )*+| (?:&nbsp;)++ ?", " ", html)
    html = re.sub(rf"(?<!&nbsp;)(?<!\s){_SPACE}++(</{_BLOCK}>)", r"\1", html)
    html = re.sub(rf"(<{_BLOCK}>){_SPACE}+", r"\1", html)
    # A figure of two things keeps the first.
    html = re.sub(r'(<figure data-(?:image|embed)="[^"]*") [^>]*>', r"\1>", html)
    html = re.sub(r"<p>(?:<br>)*</p>", "", html).strip()
    has_words = re.sub(r"<[^>]*>|&nbsp;|\s", "", html)
    return html if has_words or re.search(r"<figure data-(?:image|embed)=", html) else ""


def image_ids(body):
    """Return the primary keys of the library's images in a body, in order, each once."""
    return list(dict.fromkeys(int(match[1]) for match in FIGURE.finditer(body)))


class BodyField(ProseEditorField):
    """Holds a sanitised body, whichever way it came in."""

    def __init__(self, *args, **kwargs):
        super().__init__(
            *args, **{"extensions": BODY_EXTENSIONS, "sanitize": sanitise_body, **kwargs}
        )

    def pre_save(self, model_instance, add):
        value = sanitise_body(getattr(model_instance, self.attname) or "")
        setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value, connection):
        # ``QuerySet.update`` and the like ask for no ``pre_save``.
        is_text = isinstance(value, str)
        return super().get_db_prep_save(sanitise_body(value) if is_text else value, connection)
