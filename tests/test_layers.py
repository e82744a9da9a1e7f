"""The layers of the design: imports run downward only."""

import ast
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.looks

ROOT = Path(__file__).resolve().parent.parent
# From the lowest up; a module belongs to the longest name that begins its own.
LAYERS = [
    ["newsroom", "articles.editor", "articles.embeds", "articles.languages"],
    ["authors"],
    ["articles.models"],
    [
        "articles.body",
        "articles.composing",
        "articles.differences",
        "articles.invariants",
        "articles.library",
        "articles.page_tags",
        "articles.reading",
        "articles.related",
        "articles.search",
        "articles.story_page",
        "articles.story_rows",
        "articles.track_record",
        "articles.links",
        "articles.spelling",
        "articles.structured_data",
    ],
    ["articles.publishing", "articles.roles", "articles.review", "articles.handover_mail"],
    ["articles.checklist"],
    ["articles.demo", "articles.importing"],
    ["articles"],
    ["newsroom.urls", "newsroom.wsgi", "newsroom.settings"],
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
READERS_SITE = (
    "articles.changes",
    "articles.views",
    "articles.feeds",
    "articles.sitemaps",
    "articles.story_page",
    "articles.story_rows",
    "articles.structured_data",
    "articles.templatetags",
    "articles.track_record",
)


def modules():
    """Yield (name, file) of each of the project's modules, migrations aside."""
    for app in ("newsroom", "authors", "articles"):
        for file in sorted((ROOT / app).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            if "migrations" not in parts:
                yield ".".join(parts).removesuffix(".__init__"), file


@cache
def tree_of(file):
    """Return a module's syntax tree; each worker lists the modules, one reads them."""
    return ast.parse(file.read_text())


def imported(name, file):
    """Yield (module, name within it) for each import; relative ones are made absolute."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: 1 - node.level or None] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield from ((module, alias.name) for alias in node.names)


def rank(module):
    """Return the layer of one of our modules, or None for anybody else's."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((RANK[name] for name in names if name in RANK), None)


MODULES = [pytest.param(*module, id=module[0]) for module in modules()]


@pytest.mark.parametrize(("name", "file"), MODULES)
def test_imports_run_downward_only(name, file):
    for module, inner in imported(name, file):
        other = rank(f"{module}.{inner}" if inner else module)
        if other is not None:
            assert other <= rank(name), f"{name} imports {module}.{inner}, which stands above it"


@pytest.mark.parametrize(("name", "file"), MODULES)
def test_the_readers_site_never_names_the_article(name, file):
    if name.startswith(READERS_SITE):
        assert "Article" not in {inner for _module, inner in imported(name, file)}


def test_safe_html_is_marked_in_one_place_only():
    marking = [
        str(file.relative_to(ROOT))
        for app in ("newsroom", "authors", "articles", "templates")
        for file in (ROOT / app).rglob("*.*")
        if file.suffix in {".py", ".html"}
        and any(word in file.read_text() for word in ("mark_safe", "|safe", "autoescape off"))
    ]
    assert marking == ["articles/body.py"]
