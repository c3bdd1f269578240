"""The organisations a person may see, each with how fresh its record is."""

from typing import Any

from django.db.models import Aggregate, Count, Max, OuterRef, QuerySet, Subquery

from maturity.models import Assessment, Evaluation, Finding, Organization


def portfolio_of(organizations: QuerySet[Organization]) -> QuerySet[Organization]:
    """Annotate `last_assessed`, `last_evaluated` (dates or None) and `open_findings`, by name.

    One query whatever the number of organisations. No findings with `last_evaluated` None
    means that nothing is known, not that all is clear.
    """
    of = OuterRef("pk")
    assessed = Assessment.objects.filter(organization=of, unit=None, superseded_at=None)
    evaluated = Evaluation.objects.filter(organization=of)
    open_findings = Finding.objects.filter(organization=of).open()
    return organizations.annotate(
        last_assessed=_of_rows(assessed, Max("valid_from")),
        last_evaluated=_of_rows(evaluated, Max("period_end")),
        open_findings=_of_rows(open_findings, Count("pk")),
    ).order_by("name", "pk")


def _of_rows(rows: QuerySet[Any], figure: Aggregate) -> Subquery:
    # Unordered, or the models' own ordering joins the GROUP BY and makes one group per row.
    grouped = rows.order_by().values("organization")
    return Subquery(grouped.annotate(figure=figure).values("figure"))
