"""The languages that a passage may be marked as (WCAG 2.2, 3.1.2 Language of Parts)."""

import re

# ISO 639-1, as IANA's registry of language subtags has it (RFC 5646), and those of 639-2 that
# English-speaking newsrooms meet most. What they are called in words the browser knows.
LANGUAGES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch chr co cr cs cu cv "
    "cy da de dv dz ee el en eo es et eu fa ff fi fil fj fo fr fy ga gd gl gn gu gv ha haw he hi "
    "hmn ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku "
    "kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr "
    "nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sco sd se sg si sk sl sm sn so sq "
    "sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi "
    "yo yue za zh zu"
).split()

# A language, and perhaps its script and its country: "sr-Latn-RS".
TAG = re.compile(rf"(?:{'|'.join(LANGUAGES)})(?:-[a-z]{{4}})?(?:-(?:[a-z]{{2}}|[0-9]{{3}}))?", re.I)
_SPAN = re.compile(r"<(/?)span\b([^>]*)>")


def language_tag(text):
    """Return a language tag as it is written (RFC 5646, 2.1.1); None for what is none."""
    text = text.strip()
    if not TAG.fullmatch(text):
        return None
    language, *rest = text.lower().split("-")
    return "-".join([language, *(p.title() if len(p) == 4 else p.upper() for p in rest)])


def drop_spans_of_no_language(html):
    """Return sanitised HTML without the spans that name no language; what is in them stays."""
    kept = []

    def keep_or_drop(match):
        if match[1]:
            return match[0] if kept.pop() else ""
        kept.append(" lang=" in match[2])
        return match[0] if kept[-1] else ""

    return _SPAN.sub(keep_or_drop, html)
