"""Addresses that a story shows as a card: a video, a post or a podcast that stands elsewhere.

The one table of the providers. The editor is handed its patterns and the sanitiser asks
it, so nothing here may import a model. Nothing is ever fetched from a provider: a card
says what an address itself tells.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VIDEO, POST, PODCAST = "video", "post", "podcast"
KINDS = {VIDEO: _("Video"), POST: _("Post"), PODCAST: _("Podcast")}
INVITATIONS = {VIDEO: _("Watch the video"), POST: _("Read the post"), PODCAST: _("Listen")}


@dataclass(frozen=True)
class Provider:
    """One shape of address of a provider.

    ``pattern`` has to mean the same to Python and to JavaScript. ``address`` is the form
    that it is kept in, and ``by`` who made it as far as the address tells, both with
    {0}, {1}… for the pattern's groups; ``keeps`` are the query's parameters that go along
    (a moment in a video, an episode of a podcast); all others only track readers.
    """

    name: str
    kind: str
    pattern: str
    address: str
    by: str = ""
    keeps: tuple[str, ...] = ()


_YOUTUBE = "https://www.youtube.com/watch?v={0}"
_END = r"/?(?:[?#].*)?$"

PROVIDERS = [
    Provider(
        "YouTube",
        VIDEO,
        r"^https?://(?:(?:www|m)\.)?youtube\.com/watch/?\?(?:[^#]*&)?v=([\w-]{11})(?:[&#].*)?$",
        _YOUTUBE,
        keeps=("t",),
    ),
    Provider(
        "YouTube",
        VIDEO,
        r"^https?://(?:(?:www|m)\.)?youtube(?:-nocookie)?\.com/(?:shorts|live|embed)/([\w-]{11})"
        + _END,
        _YOUTUBE,
        keeps=("t",),
    ),
    Provider("YouTube", VIDEO, r"^https?://youtu\.be/([\w-]{11})" + _END, _YOUTUBE, keeps=("t",)),
    Provider(
        "X",
        POST,
        r"^https?://(?:(?:www|mobile)\.)?(?:x|twitter)\.com/(\w{1,15})/status/(\d{1,20})"
        r"(?:/(?:photo|video)/\d)?" + _END,
        "https://x.com/{0}/status/{1}",
        by="@{0}",
    ),
    Provider(
        "Bluesky",
        POST,
        r"^https?://bsky\.app/profile/([\w.:-]+)/post/(\w+)" + _END,
        "https://bsky.app/profile/{0}/post/{1}",
        by="@{0}",
    ),
    Provider(
        "Vimeo",
        VIDEO,
        r"^https?://(?:www\.)?vimeo\.com/(?:channels/[\w-]+/)?(\d+(?:/[0-9a-f]+)?)" + _END,
        "https://vimeo.com/{0}",
        keeps=("h",),
    ),
    Provider(
        "Vimeo",
        VIDEO,
        r"^https?://player\.vimeo\.com/video/(\d+)" + _END,
        "https://vimeo.com/{0}",
        keeps=("h",),
    ),
    Provider(
        "Apple Podcasts",
        PODCAST,
        r"^https?://podcasts\.apple\.com/([a-z]{2}/)?podcast/(?:([^\s/?#]+)/)?id(\d+)" + _END,
        "https://podcasts.apple.com/{0}podcast/id{2}",
        keeps=("i",),
    ),
    Provider(
        "Spotify",
        PODCAST,
        r"^https?://open\.spotify\.com/(?:intl-[a-z]+/)?(episode|show)/(\w{22})" + _END,
        "https://open.spotify.com/{0}/{1}",
        keeps=("t",),
    ),
    Provider(
        "Pocket Casts",
        PODCAST,
        r"^https?://pca\.st/((?:episode/|podcast/)?[\w-]+)" + _END,
        "https://pca.st/{0}",
    ),
    Provider(
        "Overcast",
        PODCAST,
        r"^https?://overcast\.fm/(\+[\w-]+(?:/[\d:]+)?|itunes\d+(?:/[\w-]+)?)" + _END,
        "https://overcast.fm/{0}",
    ),
    # Any host may be a Mastodon server: what gives a post away is "@name" before its number.
    Provider(
        "Mastodon",
        POST,
        r"^https?://([a-z0-9.-]+\.[a-z][a-z0-9-]+)/@(\w[\w.-]*(?:@[a-z0-9.-]+)?)/(\d{8,20})" + _END,
        "https://{0}/@{1}/{2}",
        by="@{1}",
    ),
]


@dataclass(frozen=True)
class Embed:
    """What stands at an address of a provider."""

    address: str
    provider: str
    kind: str
    kind_in_words: Promise
    invitation: Promise
    by: str

    @property
    def host(self):
        return urlsplit(self.address).hostname.removeprefix("www.")


def recognise(address):
    """Return the Embed at an address, in its one form and over HTTPS; None if it is of no provider.

    Recognising the address of an Embed again returns the same Embed.
    """
    address = address.strip()
    if re.search(r"\s", address):
        return None
    for provider in PROVIDERS:
        match = re.match(provider.pattern, address, re.IGNORECASE | re.ASCII)
        if match:
            groups = [group or "" for group in match.groups()]
            by = provider.by.format(*groups)
            return Embed(
                provider.address.format(*groups) + _kept(provider, address),
                provider.name,
                provider.kind,
                KINDS[provider.kind],
                INVITATIONS[provider.kind],
                # Bluesky also has addresses by a key that says nothing to people.
                "" if ":" in by else by,
            )
    return None


def _kept(provider, address):
    """Return the part of an address's query that goes along, with its first character."""
    kept = []
    for name in provider.keeps:
        match = re.search(rf"[?&]{name}=(\w{{1,20}})(?:[&#]|$)", address, re.ASCII)
        if match:
            kept.append(f"{name}={match[1]}")
    if not kept:
        return ""
    return ("&" if "?" in provider.address else "?") + "&".join(kept)


def for_editor():
    """Return the table as the editor reads it: name, kind in words and pattern of each shape."""
    return [
        {"name": each.name, "kind": KINDS[each.kind], "pattern": each.pattern} for each in PROVIDERS
    ]
