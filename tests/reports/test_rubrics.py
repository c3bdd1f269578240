"""What a process remembers of published rubrics."""

from django.utils import timezone

from maturity.models import RubricVersion
from reports.selectors.rubrics import rubric_of, rubrics_named
from tests.factories import RubricVersionFactory


def test_a_published_version_is_read_once(rubric, django_assert_num_queries):
    with django_assert_num_queries(2):
        first = rubrics_named({rubric.pk: rubric.digest})[rubric.pk]
    with django_assert_num_queries(0):
        again = rubrics_named({rubric.pk: rubric.digest})[rubric.pk]

    assert again is first
    assert len(first.capabilities) == 18


def test_another_digest_is_another_version(rubric, django_assert_num_queries):
    rubric_of(rubric)

    with django_assert_num_queries(2):
        rubrics_named({rubric.pk: "of another database"})


def test_what_is_not_published_yet_is_read_each_time(db, django_assert_num_queries):
    draft: RubricVersion = RubricVersionFactory(published_at=None)

    for _ in range(2):
        with django_assert_num_queries(1):
            rubric_of(draft)


def test_no_more_than_so_many_are_remembered(rubric, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("reports.selectors.rubrics.REMEMBERED", 1)
    other = RubricVersionFactory(published_at=timezone.now())
    rubric_of(rubric)
    rubric_of(other)

    with django_assert_num_queries(0):
        rubric_of(other)
    with django_assert_num_queries(1):
        rubric_of(rubric)
