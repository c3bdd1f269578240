"""How organisations' pages stand: others after every change of what they show."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from maturity.models import SHARED, Revision


def revised(rows: QuerySet[Any], organization: str = "pk") -> QuerySet[Any]:
    """Annotate `revision`: other tokens after each committed change of what the pages show.

    `organization` is the column of the rows that holds the organisation's id. Read it before
    what is kept under it: a change in between is then shown early to those who asked before it,
    and never too late to anybody.
    """
    told = Revision.objects.filter(organization_id__in=[SHARED, OuterRef(organization)])
    tokens: QuerySet[Any] = rows.annotate(
        revision=ArraySubquery(told.order_by("token").values("token"))
    )
    return tokens
