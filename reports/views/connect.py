"""Connect your BI: for every tool what to paste, filled in with the reader's own address."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import Context, Template
from django.template.loader import get_template
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from maturity.api.auth import visible_organizations
from maturity.models import ApiKey, Organization
from reports.feed.tables import TABLES


@dataclass(frozen=True)
class Tool:
    """One way to connect; its text stands in templates/reports/connect/<file>."""

    key: str
    name: str
    file: str
    how: Promise


TOOLS = (
    Tool(
        "power_bi",
        "Power BI, Excel: OData",
        "odata.pq",
        _("The shortest way: Get data, OData feed, the address. Or paste this query."),
    ),
    Tool(
        "power_query",
        "Power BI, Excel: Power Query M",
        "feed.pq",
        _("Page by page from the feed, for tables of many hundred thousand rows."),
    ),
    Tool("tableau", "Tableau", "tableau.txt", _("OData, from Tableau Desktop or Prep.")),
    Tool(
        "looker_studio",
        "Looker Studio",
        "looker_studio.gs",
        _("Through a Google sheet that a script keeps fresh."),
    ),
    Tool(
        "metabase",
        "Metabase",
        "metabase.sh",
        _("Through a database that a loader keeps fresh."),
    ),
    Tool(
        "superset",
        "Superset",
        "superset.yaml",
        _("Through a database that a loader keeps fresh."),
    ),
    Tool(
        "grafana",
        "Grafana (Infinity)",
        "grafana.yaml",
        _("A provisioned data source; panels read the JSON pages."),
    ),
    Tool(
        "dlt",
        "dlt",
        "plumbline_dlt.py.txt",
        _("A whole loader: every table, then only what changed, deletions too."),
    ),
    Tool(
        "airbyte",
        "Airbyte",
        "airbyte.yaml",
        _("A low-code connector: every table, then only what changed."),
    ),
    Tool(
        "meltano",
        "Singer, Meltano",
        "meltano.yml",
        _("The generic REST tap with every table as a stream."),
    ),
    Tool("duckdb", "DuckDB", "duckdb.sql", _("A table straight from a Parquet file.")),
    Tool(
        "pandas",
        "pandas",
        "plumbline_pandas.py.txt",
        _("A data frame straight from a Parquet file."),
    ),
    Tool("r", "R", "plumbline.R", _("A data frame straight from a Parquet file.")),
    Tool("curl", "curl", "curl.sh", _("A file, in the format of your choice.")),
)


@require_safe
@login_required
def connect(request: HttpRequest) -> HttpResponse:
    """Snippets for every tool. They name a key and never hold one."""
    keys = _keys_of(request)
    chosen = next((key for key in keys if key.prefix == request.GET.get("key")), None)
    if chosen is None and len(keys) == 1:
        chosen = keys[0]
    root = request.build_absolute_uri("/")
    context = {
        "tools": [(tool, snippet(tool, root, chosen)) for tool in TOOLS],
        "keys": keys,
        "chosen": chosen,
        "can_make_keys": Organization.objects.editable_by(request.user).exists(),
        "odata": f"{root}odata/v4/",
        "feed": f"{root}api/v1/feed",
        "tables": [table.name for table in TABLES],
    }
    return render(request, "reports/connect.html", context)


def snippet(tool: Tool, root: str, key: ApiKey | None) -> str:
    """What to paste: plain text, not HTML. `root` is the address with a slash at its end."""
    context = {
        "root": root.rstrip("/"),
        "feed": f"{root}api/v1/feed",
        "odata": f"{root}odata/v4/",
        "tables": [table.name for table in TABLES],
        "key_name": _named(key),
    }
    return _template(tool.file).render(Context(context, autoescape=False))


@cache
def _template(file: str) -> Template:
    template: Template = get_template(f"reports/connect/{file}").template  # type: ignore[attr-defined]
    return template


def _named(key: ApiKey | None) -> str:
    """On one line: it stands in English comments, and a name is anybody's text."""
    if key is None:
        return "a key with the scope feed:read"
    name = "".join(letter for letter in key.name if letter.isprintable())
    safe = name.replace('"', "'").replace("\\", "/")
    return f"the key {safe} (plumb_{key.prefix}_…)"


def _keys_of(request: HttpRequest) -> Sequence[ApiKey]:
    """The usable keys whose names the reader may know, those of organisations he may edit."""
    editable = visible_organizations(request).filter(
        pk__in=Organization.objects.editable_by(request.user)
    )
    keys = ApiKey.objects.usable(at=timezone.now()).filter(
        organizations__in=editable, scopes__contains=[ApiKey.Scope.FEED_READ]
    )
    return list(keys.distinct().order_by("name", "prefix"))
