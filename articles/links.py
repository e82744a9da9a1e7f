"""Where links lead: which of them bring a reader nowhere.

Nothing is fetched. Of the site's own addresses the database knows whether there is a page;
of others' only the form can be told, so an outside page that is gone looks fine here.
"""

import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from html import unescape
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.http.request import validate_host
from django.urls import Resolver404, resolve
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from articles.models import Address, Edition, FormerSlug, Section, Series, Tag
from authors.models import Author

# A link as the sanitiser writes it (articles.models.body_field).
LINK = re.compile(r"<a\b([^>]*)>(.*?)</a>", re.DOTALL)
HREF = re.compile(r'\bhref="([^"]*)"')
# A link to one of our stories by its number, which no new slug breaks.
STORY = re.compile(r"story:(\d{1,18})")
RUBRICS = {"section": Section, "series": Series, "tag": Tag, "author": Author}

_is_web_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class Link:
    """A link in a body: the address ("" if it has none), and the words it stands on."""

    address: str
    words: str


def links_in(body):
    """Return the Links of a sanitised body, in order."""
    return [
        Link(
            unescape(href[1]) if (href := HREF.search(attributes)) else "",
            " ".join(unescape(strip_tags(words)).split()),
        )
        for attributes, words in LINK.findall(body)
    ]


def why_dead(addresses, at):
    """Return for each address that leads a reader nowhere the sentence that says why.

    ``addresses`` are whole ones, the site's own paths ("/2026/11/24/tide/"), and
    "story:12" for a story by its number. The number of queries does not grow with theirs.
    """
    reasons, stories, places, rubrics = {}, {}, {}, defaultdict(dict)
    for address in dict.fromkeys(addresses):
        if story := STORY.fullmatch(address):
            stories[address] = int(story[1])
            continue
        path = _own_path(address)
        if path is None:
            reason = _malformed(address)
        else:
            reason = _sort_by_page(address, path, places, rubrics)
        if reason:
            reasons[address] = reason
    article_of = articles_at(places.values())
    for address, place in places.items():
        if place in article_of:
            stories[address] = article_of[place]
        else:
            reasons[address] = _no_page()
    unseen = why_unseen(set(stories.values()), at)
    reasons |= {address: unseen[pk] for address, pk in stories.items() if pk in unseen}
    reasons |= _dead_rubrics(rubrics)
    return reasons


def articles_at(places):
    """Return {place: article's primary key} for those of the (day, slug) that a story ever had.

    One query, and none when there are no places.
    """
    if not places:
        return {}
    days, slugs = zip(*places, strict=True)
    known = Address.objects.filter(day__in=days, slug__in=slugs)
    return {(each.day, each.slug): each.article_id for each in known}


def story_place(address):
    """Return the (day, slug) in an address of this site's stories; None for any other."""
    path = _own_path(address)
    page = _page(path) if path else None
    try:
        return _place(page) if page and page.url_name == "story" else None
    except ValueError:
        return None


def why_unseen(articles, at):
    """Return for each of the articles (primary keys) that readers do not see why; one query."""
    if not articles:
        return {}
    runs = defaultdict(list)
    editions = Edition.objects.that_hold().filter(article__in=articles)
    for pk, begins, ends in editions.values_list("article_id", "live_from", "live_until"):
        runs[pk].append((begins, ends))
    reasons = {}
    for pk in articles:
        if any(begins <= at and (ends is None or ends > at) for begins, ends in runs[pk]):
            continue
        if any(begins <= at for begins, _ends in runs[pk]):
            reasons[pk] = _("This story was withdrawn: readers do not find it.")
        elif runs[pk]:
            reasons[pk] = _("This story is scheduled: readers do not find it before it is live.")
        else:
            reasons[pk] = _("This story is not published: readers do not find it.")
    return reasons


def _own_path(address):
    """Return the path of one of the site's own addresses, None of another's."""
    if re.match(r"/(?!/)", address):
        return unquote(re.split(r"[?#]", address, maxsplit=1)[0])
    try:
        parts = urlsplit(address)
        # "*" lets in every host, so it says nothing of which are ours.
        own_hosts = [host for host in settings.ALLOWED_HOSTS if host != "*"]
        if parts.scheme in ("http", "https") and validate_host(parts.hostname or "", own_hosts):
            return unquote(parts.path) or "/"
    except ValueError:
        pass  # Not an address at all, and so not ours.
    return None


def _malformed(address):
    """Return what is wrong with the form of an outside address; None if nothing is."""
    if not address:
        return _("It has no address.")
    try:
        if address.lower().startswith("mailto:"):
            for recipient in address[len("mailto:") :].partition("?")[0].split(","):
                validate_email(unquote(recipient))
        else:
            _is_web_address(address)
    except ValidationError:
        return _("“%(address)s” is not a whole address.") % {"address": address}
    return None


def _sort_by_page(address, path, places, rubrics):
    """Note what page of ours an address asks for; return why there is none, if that is plain."""
    if "\0" in path:
        return _no_page()
    if path.startswith(settings.STATIC_URL):
        return None
    page = _page(path)
    if page is None:
        return _no_page()
    if "admin" in page.app_names:
        return _("This is a page of the desk: readers cannot open it.")
    # A list's feeds are there where the list is.
    name = (page.url_name or "").partition("-feed")[0]
    if name == "story":
        try:
            places[address] = _place(page)
        except ValueError:
            return _no_page()
    elif name in RUBRICS:
        rubrics[name][address] = page.kwargs["slug"]
    return None


def _page(path):
    """Return what a path of ours resolves to, with a last slash if need be; None for nothing."""
    for each in (path, f"{path}/"):
        with suppress(Resolver404):
            return resolve(each)
    return None


def _place(page):
    """Return the (day, slug) of a story's page; raises ValueError where there is no such day."""
    day = date(*(int(page.kwargs[part]) for part in ("year", "month", "day")))
    return day, page.kwargs["slug"]


def _dead_rubrics(rubrics):
    """Return why the addresses of sections, series, tags and authors that are none are dead."""
    missing = {}
    for name, slugs in rubrics.items():
        known = set(
            RUBRICS[name].objects.filter(slug__in=slugs.values()).values_list("slug", flat=True)
        )
        missing |= {address: (name, slug) for address, slug in slugs.items() if slug not in known}
    if missing:
        former = set(
            FormerSlug.objects.filter(
                slug__in={slug for _name, slug in missing.values()}
            ).values_list("page", "slug")
        )
        missing = {address: key for address, key in missing.items() if key not in former}
    return dict.fromkeys(missing, _no_page())


def _no_page():
    return _("The site has no page at this address.")
