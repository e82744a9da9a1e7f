"""Cards for what stands elsewhere: which addresses become one, and what readers get of it."""

import re

import pytest
from django.test import Client

from articles import embeds, publishing
from articles.models.body_field import sanitise_body
from tests.factories import make_article

VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
POST = "https://mastodon.social/@Gargron/109252111498807689"
PODCAST = "https://podcasts.apple.com/us/podcast/id1200361736"
EPISODE = "https://open.spotify.com/episode/4rOoJ6Egrf8K2IrywzwOMk"


@pytest.mark.parametrize(
    ("address", "kept", "provider", "by"),
    [
        (VIDEO, VIDEO, "YouTube", ""),
        ("https://youtu.be/dQw4w9WgXcQ?si=tracked&t=42s", f"{VIDEO}&t=42s", "YouTube", ""),
        ("http://m.youtube.com/watch?app=m&v=dQw4w9WgXcQ", VIDEO, "YouTube", ""),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", VIDEO, "YouTube", ""),
        ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", VIDEO, "YouTube", ""),
        ("https://twitter.com/nasa/status/12?s=20", "https://x.com/nasa/status/12", "X", "@nasa"),
        ("https://x.com/nasa/status/12/photo/1", "https://x.com/nasa/status/12", "X", "@nasa"),
        (
            "https://bsky.app/profile/tide.example/post/3k2",
            "https://bsky.app/profile/tide.example/post/3k2",
            "Bluesky",
            "@tide.example",
        ),
        (
            "https://bsky.app/profile/did:plc:z72/post/3k2",
            "https://bsky.app/profile/did:plc:z72/post/3k2",
            "Bluesky",
            "",
        ),
        (POST, POST, "Mastodon", "@Gargron"),
        (
            "https://news.example/@ann@tide.example/109252111498807689#x",
            "https://news.example/@ann@tide.example/109252111498807689",
            "Mastodon",
            "@ann@tide.example",
        ),
        ("https://vimeo.com/76979871", "https://vimeo.com/76979871", "Vimeo", ""),
        (
            "https://player.vimeo.com/video/76979871?h=8272103f6e&autoplay=1",
            "https://vimeo.com/76979871?h=8272103f6e",
            "Vimeo",
            "",
        ),
        (
            "https://podcasts.apple.com/us/podcast/the-daily/id1200361736?i=1000634&l=en",
            f"{PODCAST}?i=1000634",
            "Apple Podcasts",
            "",
        ),
        (EPISODE.replace("/episode", "/intl-de/episode") + "?si=1", EPISODE, "Spotify", ""),
        ("https://pca.st/episode/0f-1", "https://pca.st/episode/0f-1", "Pocket Casts", ""),
        ("https://overcast.fm/+Abc_1", "https://overcast.fm/+Abc_1", "Overcast", ""),
    ],
)
def test_an_address_of_a_provider_is_known_and_kept_in_one_form(address, kept, provider, by):
    embed = embeds.recognise(address)
    assert (embed.address, embed.provider, embed.by) == (kept, provider, by)
    assert embeds.recognise(kept) == embed


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://example.org/",
        "https://youtube.com.example.org/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/@newsroom",
        "https://x.com/nasa",
        "https://medium.example/@ann/a-long-title-12345678",
        "javascript://youtu.be/dQw4w9WgXcQ",
        f"javascript:alert(1)//{VIDEO}",
        f'{POST}"><script>alert(1)</script>',
        f"see {VIDEO}",
    ],
)
def test_any_other_address_is_none(address):
    assert embeds.recognise(address) is None


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        (
            '<figure data-embed="https://youtu.be/dQw4w9WgXcQ?si=x&amp;t=4" class="a"></figure>',
            f'<figure data-embed="{VIDEO}&amp;t=4"></figure>',
        ),
        (
            f'<figure data-embed="{POST}"><figcaption>What <em>he</em> said</figcaption></figure>',
            f'<figure data-embed="{POST}"><figcaption>What <em>he</em> said</figcaption></figure>',
        ),
        (
            '<p>a</p><figure data-embed="https://evil.example/"><figcaption>Kept words'
            "</figcaption></figure>",
            "<p>a</p><p>Kept words</p>",
        ),
        (
            "<figure><figcaption><p>One</p><ul><li>Two</li></ul></figcaption></figure>",
            "<p>One</p><ul><li>Two</li></ul>",
        ),
        (
            f'<figure data-image="7" data-embed="{POST}"></figure>',
            '<figure data-image="7"></figure>',
        ),
        (
            "<ul><li>a <figcaption><figure></p><figure>",
            "<ul><li>a <figcaption></figcaption></li></ul>",
        ),
        ('<p><a href="story:12">a</a></p>', '<p><a href="story:12">a</a></p>'),
        ('<p><a href="story:12x">a</a> <a href="story:0">b</a></p>', "<p><a>a</a> <a>b</a></p>"),
        ('<p><a href="story:1&#10;2">a</a></p>', "<p><a>a</a></p>"),
    ],
)
def test_cards_and_story_links_are_sanitised_and_doing_it_twice_changes_nothing(html, clean):
    assert sanitise_body(html) == clean
    assert sanitise_body(clean) == clean


@pytest.mark.django_db
def test_readers_get_a_card_that_loads_nothing():
    article = make_article(
        body=f'<p>Before.</p><figure data-embed="{POST}"><figcaption>What <em>he</em> said'
        f'</figcaption></figure><figure data-embed="{VIDEO}&amp;t=42s"></figure>'
    )
    edition = publishing.publish(article)
    page = Client().get(edition.get_absolute_url()).content.decode()
    cards = re.findall(r'<figure class="embed.*?</figure>', page, re.DOTALL)
    assert len(cards) == 2
    assert f'href="{POST}"' in cards[0]
    assert f'href="{VIDEO}&amp;t=42s"' in cards[1]
    for words in ("Post · Mastodon", "Read the post", "@Gargron", "Opens mastodon.social"):
        assert words in cards[0]
    assert "<figcaption>What <em>he</em> said</figcaption>" in cards[0]
    assert "Video · YouTube" in cards[1]
    assert "<figcaption>" not in cards[1]
    for card in cards:
        assert not re.search(r"<(iframe|img|script|link|video)|src=|style=", card)
