"""What comes back by a rule until it is ended: filters that every list of such rows has."""

import django_filters  # type: ignore[import-untyped]


class RecurringFilter(django_filters.FilterSet):
    """For models with `paused` and `ended_at`."""

    paused = django_filters.BooleanFilter(label="Only paused ones, or only others.")
    ended = django_filters.BooleanFilter(
        field_name="ended_at", lookup_expr="isnull", exclude=True, label="Only ended ones."
    )
