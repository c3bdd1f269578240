"""`{% kept "part" %} … {% endkept %}`: a part of a page, rendered only where it was not kept."""

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

from maturity.views.kept import Kept

register = template.Library()


# A body that told who is looking, or carried somebody's token, would tell it to others.
NOBODY = {"user": None, "perms": None, "messages": (), "csrf_token": ""}


class KeptNode(template.Node):
    """Renders its body from the page's `kept`: what that makes is the body's context."""

    def __init__(self, name: str, nodelist: NodeList) -> None:
        self._name = name
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        kept: Kept = context["kept"]

        def body() -> str:
            with context.push(**NOBODY, **kept.context):
                return self.nodelist.render(context)

        return mark_safe(kept.part(self._name, body))  # noqa: S308 - it is the template's own


@register.tag("kept")
def do_kept(parser: Parser, token: Token) -> KeptNode:
    _tag, name = token.split_contents()
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(name.strip('"'), nodelist)
