"""What axe-core finds on a page."""

from axe_playwright_python.sync_playwright import Axe

SCRIPT = Axe().axe_script
# The rules about what another theme changes: colours alone.
OF_COLOURS = ["color-contrast", "link-in-text-block"]

FIND = """options => axe.run(options).then(({ violations }) => violations.flatMap(
    ({ id, nodes }) => nodes.map((node) => `${id}: ${node.failureSummary} ${node.html}`)))"""


def found_by_axe(page, **options):
    """Return a line for each violation that axe-core finds, by its own options."""
    # Its script is put into a page once, and no more is asked for than is read.
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT)
    return page.evaluate(FIND, {"resultTypes": ["violations"], **options})
