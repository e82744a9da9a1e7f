"""Words of people who mean harm: what is typed, pasted or sent to make a page run or break.

Each vector calls ``hostile()`` where it gets through. They are our own, after the ways that
the OWASP cheat sheet on cross-site scripting names, and what HTML's parser does with elements
that stand where they must not (“mutation XSS”).
"""

import random

URLS = [
    "javascript:hostile()",
    "JaVaScRiPt:hostile()",
    "java\tscript:hostile()",
    "java\nscript:hostile()",
    "\x01javascript:hostile()",
    " javascript:hostile()",
    "javascript&colon;hostile()",
    "&#106;avascript:hostile()",
    "&#x6A;avascript&#58;hostile()",
    "javascript://example.org/%0Ahostile()",
    "vbscript:hostile()",
    "data:text/html,<script>hostile()</script>",
    "data:text/html;base64,PHNjcmlwdD5ob3N0aWxlKCk8L3NjcmlwdD4=",
    "data:image/svg+xml,<svg onload=hostile()>",
    'story:1" onclick="hostile()',
    "story:javascript:hostile()",
    'https://example.org/"onmouseover="hostile()',
    "https://example.org/'><script>hostile()</script>",
    "//example.org/x.js",
    "https:javascript:hostile()",
    'mailto:a@example.org?"><script>hostile()</script>',
]
EVENTS = ["onload", "onerror", "onfocus autofocus", "ontoggle open", "onanimationstart", "onscroll"]
# Elements whose text the parser reads in a way of its own.
RAW = ["style", "title", "textarea", "noscript", "xmp", "iframe", "noembed", "noframes", "template"]
FOREIGN = ["svg", "math"]
WHOLE = [
    "<script>hostile()</script>",
    "<script src=//example.org/x.js></script>",
    "<ScRiPt >hostile()</ScRiPt\t>",
    "<scr<script>ipt>hostile()</scr</script>ipt>",
    "</script><script>hostile()</script>",
    "<!--<script>--><script>hostile()</script>",
    "--><script>hostile()</script><!--",
    "]]><script>hostile()</script>",
    "<![CDATA[<script>hostile()</script>]]>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    '"><img src=x onerror=hostile()>',
    "'><img src=x onerror=hostile()>",
    '" onmouseover="hostile()" style="position:fixed;inset:0',
    "' autofocus onfocus='hostile()",
    "</title><script>hostile()</script>",
    "</textarea><script>hostile()</script>",
    "</p></div></article></main><script>hostile()</script>",
    "<plaintext>",
    "<!--",
    "<base href=//example.org/>",
    "<meta http-equiv=refresh content='0;url=javascript:hostile()'>",
    "<link rel=stylesheet href=//example.org/x.css>",
    "<form action=javascript:hostile()><button>Send</button></form>",
    "<button form=x formaction=javascript:hostile()>Send</button>",
    "<object data=javascript:hostile()></object>",
    "<embed src=javascript:hostile()>",
    "<iframe srcdoc='<script>parent.hostile()</script>'></iframe>",
    "<img src=x srcset='x 1x' onerror=hostile()>",
    "<picture><source srcset=x><img onerror=hostile()></picture>",
    "<video><source onerror=hostile()></video>",
    "<details open ontoggle=hostile()>x</details>",
    "<select><style></select><img src=x onerror=hostile()></style>",
    "<table><caption><svg><title></caption><img src=x onerror=hostile()>",
    "<math><mtext><table><mglyph><style><img src=x onerror=hostile()>",
    "<math><mi><mglyph><svg><mtext><style><path id='</style><img src=x onerror=hostile()>'>",
    "<svg><style><img src=x onerror=hostile()></style></svg>",
    "<svg></p><style><g title='</style><img src=x onerror=hostile()>'>",
    "<svg><animate attributeName=href values=javascript:hostile() /><a><text>x</text></a></svg>",
    "<noscript><p title='</noscript><img src=x onerror=hostile()>'>",
    "<p style='background:url(javascript:hostile())'>x</p>",
    "<a href='https://example.org' target=_blank onclick=hostile()>x</a>",
    '<figure data-image="1" onclick="hostile()"><figcaption><script>hostile()</script></figcaption></figure>',  # noqa: E501
    '<figure data-embed="javascript:hostile()"></figure>',
    "<figure data-embed='https://www.youtube.com/watch?v=\"><script>hostile()</script>'></figure>",
    '<figure data-embed="https://youtu.be/dQw4w9WgXcQ"><figcaption><img src=x onerror=hostile()>',
    "<span lang='fr\" onclick=\"hostile()'>x</span>",
    "<aside class='pull-quote\" onclick=\"hostile()'><p>x</p></aside>",
    "<td colspan='1\" onclick=\"hostile()'>x</td>",
    '<h2 id=\'x" onclick="hostile()\'>"><script>hostile()</script></h2>',
    "{{ request.user.password }}{% include 'admin/base.html' %}{% debug %}",
    "${hostile()} #{hostile()} <%= hostile() %> {{constructor.constructor('hostile()')()}}",
    "%0d%0aSet-Cookie:%20x=y",
    "x\r\nSet-Cookie: x=y",
    "\u2028hostile()\u2029//",
    "\u202e\u2066reversed\u2069\u202c",
    "\u0000\u0001\u0008\u000b\u001f\u007f\ufffe\uffff",
    "\ufeff\u200b\u200d\u00ad",
    "Z\u0351\u036b\u0343a\u0317l\u035cg\u031fo\u0335" * 8,
    "' OR 1=1 --",
    "'; DROP TABLE articles_article; --",
    "../../../etc/passwd\u0000.jpg",
    "-1e309 NaN Infinity null undefined true \\",
    "\\u003cscript\\u003ehostile()\\u003c/script\\u003e",
    "&lt;script&gt;hostile()&lt;/script&gt; &amp;lt; &#60;script&#62;",
    "x" * 5000,
    "\U0001f9d1\u200d\U0001f680\U000e0067\ud7ff\U0010fffd",
]
# What parsers take for space, for an end, or for nothing.
CHARACTERS = "\t\n\x0c /<>\"'`=&;:()[]{}!-\\\u00a0\u2028\ufeff\u017f\u212a\uff1c\x0b\x1f"


def vectors():
    """Return every vector as it stands."""
    links = [f'<a href="{url}">x</a>' for url in URLS]
    events = [f"<img src=x {event}=hostile()>" for event in EVENTS]
    events += [f"<svg {event}=hostile()>" for event in EVENTS]
    raw = [f"<{name}><img title='</{name}><img src=x onerror=hostile()>'>" for name in RAW]
    foreign = [f"<{one}><{two}><img src=x onerror=hostile()>" for one in FOREIGN for two in RAW]
    return [*WHOLE, *URLS, *links, *events, *raw, *foreign]


def mutated(chance, text, others):
    """Return a text changed at random, as a fuzzer of parsers would."""
    for _step in range(chance.randint(1, 4)):
        at = chance.randint(0, len(text))
        upto = chance.randint(at, min(len(text), at + 12))
        way = chance.randrange(8)
        if way == 0:
            text = text[:at] + chance.choice(CHARACTERS) + text[at:]
        elif way == 1:
            text = text[:at] + text[at:upto].swapcase() + text[upto:]
        elif way == 2:
            text = text[:at] + "".join(f"&#{ord(each)};" for each in text[at:upto]) + text[upto:]
        elif way == 3:
            text = text[:at] + text[upto:]
        elif way == 4:
            text = text[:at] + chance.choice(others) + text[at:]
        elif way == 5:
            name = chance.choice([*RAW, *FOREIGN, "table", "select", "p", "a", "b", "li", "span"])
            text = f"<{name}>{text}" + (f"</{name}>" if chance.random() < 0.5 else "")
        elif way == 6:
            text += text[at:upto] * chance.randint(1, 5)
        else:
            text = text[:at] + chr(chance.choice([chance.randrange(0x300), 0x1F600])) + text[at:]
    return text


def hostile_values(number, seed=0, more=()):
    """Return so many values: all vectors and ``more``, then what chance makes of them."""
    chance = random.Random(seed)
    known = [*vectors(), *more]
    if number < len(known):
        return chance.sample(known, number)
    return known + [
        mutated(chance, chance.choice(known), known) for _each in range(number - len(known))
    ]
