"""``{% remembered %}``: a piece of a page that is made once for whatever it shows."""

from django import template
from django.template.loader_tags import BlockNode
from django.urls import get_script_prefix
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

from newsroom.latest import Latest
from newsroom.rows import as_key

register = template.Library()

# How many of a piece each process keeps: what was asked for last.
MOST_KEPT = 64


@register.tag
def remembered(parser, token):
    """Keep what stands within by the values named behind the tag's name.

    It may depend on nothing but these (of instances: what is fetched of them), the language,
    the zone, the addresses' common beginning and the settings. So nothing has to be cleared
    when a row changes. While the first value is None, it is made anew each time. No other
    template can replace a block within.
    """
    values = [parser.compile_filter(each) for each in token.split_contents()[1:]]
    nodes = parser.parse(["endremembered"])
    parser.delete_first_token()
    if nodes.get_nodes_by_type(BlockNode):
        raise template.TemplateSyntaxError("a remembered piece can have no blocks")
    return Remembered(values, nodes)


def _here(render_context):
    """Return the language, the zone and the addresses' beginning that a template is rendered in."""
    if Remembered not in render_context:
        render_context[Remembered] = (
            get_language(),
            get_current_timezone_name(),
            get_script_prefix(),
        )
    return render_context[Remembered]


class Remembered(template.Node):
    # Where a template extends another, each page looks for blocks in all that it is made of.
    child_nodelists = ()

    def __init__(self, values, nodelist):
        self.values, self.nodelist = values, nodelist
        self._kept = Latest(MOST_KEPT)

    def render(self, context):
        values = [each.resolve(context, ignore_failures=True) for each in self.values]
        if values and values[0] is None:
            return self.nodelist.render(context)
        key = _here(context.render_context), as_key(values)
        html = self._kept.get(key)
        if html is None:
            html = self.nodelist.render(context)
            self._kept.put(key, html)
        return html
