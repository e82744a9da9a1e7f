"""What pages say to search engines in the words of schema.org, as JSON-LD.

Google's pages on what it asks for and recommends:
https://developers.google.com/search/docs/appearance/structured-data/article (NewsArticle),
…/profile-page (ProfilePage), …/breadcrumb (BreadcrumbList), …/organization and …/logo.

Each function returns a dict, a node of the page's graph; ``origin`` begins whole addresses
("https://example.org"). A property without a value is left out.
"""

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from articles.models import Correction
from articles.reading import count_words
from newsroom import identity

# Google asks for the picture in each of these (newsroom.images).
RATIOS = ("16x9", "4x3", "1x1")
# What readers are told went wrong; updates and notes correct nothing.
CORRECTING = (Correction.Kind.CORRECTION, Correction.Kind.CLARIFICATION)


def graph(*nodes):
    """Return the JSON-LD document of a page's nodes."""
    return {"@context": "https://schema.org", "@graph": [_filled(node) for node in nodes]}


def news_article(page, origin):
    """Return the node of a StoryPage."""
    edition = page.edition
    address = origin + edition.get_absolute_url()
    bylines = page.writers or page.contributors
    return {
        "@type": "NewsArticle",
        "@id": f"{address}#story",
        "url": address,
        "mainEntityOfPage": address,
        "headline": str(edition),
        "description": edition.standfirst,
        "image": page.lead_image
        and [origin + page.lead_image.picture.largest(ratio)[0] for ratio in RATIOS],
        "datePublished": _moment(edition.first_published_at),
        "dateModified": _moment(edition.updated_at or edition.first_published_at),
        "author": [_by(byline, origin) for byline in bylines],
        "contributor": [_by(byline, origin) for byline in page.contributors if page.writers],
        "publisher": organization(origin),
        "articleSection": edition.section and edition.section.name,
        "keywords": [tag.name for tag in page.tags],
        "isPartOf": edition.series
        and {
            "@type": "CreativeWorkSeries",
            "name": edition.series.name,
            "url": origin + edition.series.get_absolute_url(),
        },
        "dateline": edition.dateline,
        "wordCount": sum(count_words(edition.body)),
        "inLanguage": get_language(),
        "isAccessibleForFree": True,
        "correction": [
            {
                "@type": "CorrectionComment",
                "text": correction.text,
                "datePublished": _moment(correction.noted_at),
            }
            for correction in page.corrections
            if correction.kind in CORRECTING
        ],
    }


def profile_page(author, origin):
    """Return the node of an author's page; the author's links are read once for all of it."""
    prefetch_related_objects([author], "links")
    address = origin + author.get_absolute_url()
    return {
        "@type": "ProfilePage",
        "@id": address,
        "url": address,
        "inLanguage": get_language(),
        "mainEntity": _filled(
            {
                "@type": "Person",
                "@id": f"{address}#person",
                "name": author.name,
                "url": address,
                "jobTitle": author.job_title,
                "description": author.bio,
                "image": author.picture and origin + author.picture.largest("1x1")[0],
                "email": author.email,
                "telephone": author.phone,
                "sameAs": [link.url for link in author.links.all()],
                "worksFor": organization(origin) if author.is_on_staff else None,
            }
        ),
    }


def collection_page(name, description, address, origin):
    """Return the node of a list of stories; ``address`` is a path."""
    return {
        "@type": "CollectionPage",
        "@id": origin + address,
        "url": origin + address,
        "name": str(name),
        "description": description,
        "inLanguage": get_language(),
        "isPartOf": {"@id": f"{origin}/#website"},
    }


def list_description(subject):
    """Return what a section's, series', tag's or author's page is about, in a sentence or two."""
    own_words = getattr(subject, "description", "") or getattr(subject, "bio", "")
    return own_words or _("Stories from %(newsroom)s: %(subject)s.") % {
        "newsroom": settings.NEWSROOM_NAME,
        "subject": subject,
    }


def breadcrumbs(trail, origin):
    """Return the way from the front page to a page: ``trail`` holds (name, path) pairs."""
    steps = [(settings.NEWSROOM_NAME, reverse("front")), *trail]
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": str(name), "item": origin + path}
            for position, (name, path) in enumerate(steps, start=1)
        ],
    }


def organization(origin):
    """Return the newsroom itself."""
    return {
        "@type": "NewsMediaOrganization",
        "@id": f"{origin}/#newsroom",
        "name": settings.NEWSROOM_NAME,
        "url": origin + reverse("front"),
        "logo": {"@type": "ImageObject", "url": identity.logo(origin)},
    }


def website(origin):
    """Return the site."""
    return {
        "@type": "WebSite",
        "@id": f"{origin}/#website",
        "name": settings.NEWSROOM_NAME,
        "description": identity.description(),
        "url": origin + reverse("front"),
        "inLanguage": get_language(),
        "publisher": {"@id": f"{origin}/#newsroom"},
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": f"{origin}{reverse('search')}?q={{search_term_string}}",
            },
            "query-input": "required name=search_term_string",
        },
    }


def _by(byline, origin):
    """Return who stands in a line of the byline: a person, or an agency (NEWS_AGENCIES)."""
    if byline.author:
        return _filled(
            {
                "@type": "Person",
                "name": byline.author.name,
                "url": origin + byline.author.get_absolute_url(),
                "jobTitle": byline.author.job_title,
            }
        )
    agencies = {name.casefold() for name in settings.NEWS_AGENCIES}
    is_agency = byline.name.strip().casefold() in agencies
    return {"@type": "Organization" if is_agency else "Person", "name": byline.name}


def _moment(moment):
    """Return a moment in the newsroom's zone as ISO 8601, to the second."""
    return timezone.localtime(moment).isoformat(timespec="seconds")


def _filled(node):
    """Return a node without the properties that say nothing."""
    return {name: value for name, value in node.items() if value not in (None, "", [])}
