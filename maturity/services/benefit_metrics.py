"""Write the figures of the benefits down as rows, beside the verdicts that rest on them."""

from collections.abc import Iterable, Mapping
from typing import Any

from maturity.insights import Verdict
from maturity.models import BenefitMetric, Evaluation


def store_benefit_metrics(evaluation: Evaluation, verdicts: Iterable[Verdict]) -> None:
    """One row per figure of each benefit, those that are not known included; one statement."""
    BenefitMetric.objects.bulk_create(
        _row(evaluation, verdict.key, metric, figures)
        for verdict in verdicts
        if verdict.kind == "benefit"
        for metric, figures in verdict.evidence["metrics"].items()
    )


def _row(
    evaluation: Evaluation, benefit: str, metric: str, figures: Mapping[str, Any]
) -> BenefitMetric:
    now, before = figures["now"] or {}, figures["before"] or {}
    low, high = now.get("ci95") or (None, None)
    change_low, change_high = figures["ci90"] or (None, None)
    return BenefitMetric(
        organization_id=evaluation.organization_id,
        evaluation=evaluation,
        benefit=benefit,
        metric=metric,
        state=figures["state"],
        unit=figures["unit"],
        direction=figures["direction"],
        value=now.get("value"),
        n=now.get("n"),
        measured_in=now.get("of", ""),
        low=low,
        high=high,
        before=before.get("value"),
        before_n=before.get("n"),
        before_in=before.get("of", ""),
        baseline=figures["baseline"] or "",
        change=figures["change"],
        change_low=change_low,
        change_high=change_high,
    )
