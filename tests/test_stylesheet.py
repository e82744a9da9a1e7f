"""The colours of the readers' site: WCAG 2.2's AAA for text, in light and in dark."""

import re
from itertools import product
from pathlib import Path

import pytest

pytestmark = pytest.mark.looks

CSS = (Path(__file__).parent.parent / "static" / "site.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
)


def luminance(colour):
    """Return the relative luminance of "#rrggbb" (WCAG 2.2, "relative luminance")."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    ]
    return sum(part * each for part, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_all_text_stands_out_7_to_1_on_every_ground(theme):
    for text, ground in product(("ink", "soft", "accent"), ("paper", "panel")):
        assert contrast(theme[text], theme[ground]) >= 7, f"{text} on {ground}"


def test_text_has_no_colours_but_these():
    rules = re.sub(r":root \{.*?\}", "", CSS, flags=re.DOTALL)
    colours = set(re.findall(r"(?<![-\w])color: ([^;]+);", rules))
    named = {"var(--ink)", "var(--soft)", "var(--accent)", "inherit"}
    # Text on its own ground (buttons, the mark of a card, the bar of a preview), and on paper.
    assert colours <= named | {"var(--paper)", "#1b1a18", "#000"}
    assert contrast("#1b1a18", "#ffd76a") >= 7
