"""Stories as they do not stand in a style guide, published: each breaks some layout somewhere."""

from articles import publishing
from tests.factories import make_article, make_author, make_image, make_section, make_series

SENTENCE = "The harbour wall held through the night, and the town slept behind it. "
ALL_PARTS = (
    "<h2>What the sea did</h2><p>One.</p><h3>At night</h3><ul><li>Waves</li><li>Wind</li></ul>"
    "<blockquote><p>It was loud.</p></blockquote>"
    "<table><tbody><tr>"
    + "".join(f"<th><p>Column number {number}</p></th>" for number in range(12))
    + "</tr><tr>"
    + "".join(f"<td><p>{number * 1111111}</p></td>" for number in range(12))
    + "</tr></tbody></table>"
    '<aside class="pull-quote"><p>Nobody who had stood on it that night was sure.</p></aside>'
    '<figure data-image="{image}"><figcaption>The quay at <em>half past four</em>, seen from '
    "the office of the harbour master.</figcaption></figure>"
    "<h2>What the town did</h2><p>Two.</p><ol><li>Sandbags</li></ol><hr>"
    '<figure data-embed="https://www.youtube.com/watch?v=dQw4w9WgXcQ">'
    "<figcaption>The night in two minutes.</figcaption></figure>"
    f'<p>See <a href="https://example.org/{"address-" * 30}">example.org/{"address-" * 30}</a>.</p>'
    "<h2>What is to be done</h2>"
)


def paragraphs(words):
    """Return a body of about so many words."""
    sentences = words // len(SENTENCE.split())
    return "".join(f"<p>{SENTENCE * 6}</p>" for _number in range(sentences // 6 + 1))


def publish_odd_stories():
    """Publish one story of each oddity; return {name: edition}."""
    image = make_image()
    fields = {
        "a headline without a gap": {"headline": "x" * 300},
        "a headline that is a script": {
            "headline": "</script><script>alert(1)</script> \"quoted\" 'twice' & <b>bold</b>",
            "standfirst": '"]]><!-- & --> {{ braces }}',
        },
        "Arabic": {
            "headline": "الميناء يصمد في وجه العاصفة",
            "standfirst": "ليلة طويلة على الساحل",
            "body": "<p>صمد جدار الميناء طوال الليل، ونامت المدينة خلفه.</p>" * 5,
            "slug": "الميناء-يصمد",
        },
        "Chinese": {
            "headline": "海港防波堤挺过风暴",
            "standfirst": "海岸上的漫长一夜",
            "body": "<p>" + "防波堤整夜屹立,小镇在它身后安睡。" * 40 + "</p>",
            "slug": "海港",
        },
        "emoji": {"headline": "🌊🌊 The tide 👩‍👩‍👧‍👦 is 🇨🇳 in", "body": "<p>🌊</p>"},
        "one word": {"headline": "Tide", "standfirst": "", "body": "<p>In.</p>"},
        "20,000 words": {
            "headline": "Everything about the wall",
            "body": "".join(
                f"<h2>Chapter {number}</h2>{paragraphs(2000)}" for number in range(1, 11)
            ),
        },
        "no picture": {"lead_image": None},
        "no standfirst": {"standfirst": ""},
        "twelve authors": {
            "authors": [
                make_author(name=f"Wilhelmina Featherstonehaugh {number}", bio=SENTENCE * 3)
                for number in range(12)
            ]
        },
        "forty tags": {"tags": [f"Subject matter number {number}" for number in range(40)]},
        "every part": {
            "body": paragraphs(500) + ALL_PARTS.format(image=image.pk) + paragraphs(500),
            "lead_image": image,
            "lead_image_caption": SENTENCE * 2,
            "dateline": "Port Lerran",
            "tags": ["Harbour", "Tides"],
        },
    }
    section, series = make_section(name="Odd"), make_series(name="Oddities")
    return {
        name: publishing.publish(make_article(section=section, series=series, **fields_of))
        for name, fields_of in fields.items()
    }
