"""Which earlier waves of ours a release is compared with."""

from collections import defaultdict
from collections.abc import Iterator

from surveys.models import Invitation, Release, ReleasedChange, Wave, WaveGroup
from surveys.services.groups import StoredLabels
from surveys.services.releases.answers import WaveAnswers, belongs
from surveys.services.releases.changes import MOST_WAVES, Side, changes_since


def compare_wave(answers: WaveAnswers, release: Release) -> None:
    """Store how every item moved since the wave of ours that asked it before."""
    areas: dict[str, list[str]] = defaultdict(list)
    for question in answers.questions:
        if question.area:
            areas[question.area].append(question.key)
    found = changes_since(
        _side_of(answers, release),
        _earlier(answers.wave),
        areas=areas,
        down=frozenset(q.key for q in answers.questions if q.direction == "down"),
    )
    ReleasedChange.objects.bulk_create(list(found), batch_size=1_000)


def _earlier(wave: Wave) -> Iterator[Side]:
    """Comparable waves of the organisation that closed before, the newest first."""
    comparable = Wave.objects.for_organization(wave.organization).comparable_with(wave)
    waves = comparable.filter(status=Wave.Status.CLOSED, closed_at__lt=wave.closed_at)
    for other in waves.select_related("bank").order_by("-closed_at")[:MOST_WAVES]:
        release = other.releases.order_by("-version").first()
        if release is not None:
            yield _side_of(WaveAnswers.of(other), release)


def _side_of(answers: WaveAnswers, release: Release) -> Side:
    wave = answers.wave
    languages = WaveGroup.objects.filter(wave=wave, kind=WaveGroup.Kind.LANGUAGE)
    invited = [
        (person, StoredLabels(*labels))
        for person, *labels in Invitation.objects.filter(wave=wave).values_list(
            "person_id", "group", "audience", "language"
        )
    ]
    parents = answers.groups.parents

    def people(group: str) -> frozenset[int]:
        return frozenset(person for person, labels in invited if belongs(labels, group, parents))

    return Side(
        release=release,
        wordings={q.key: (q.text, q.scale, q.reverse) for q in answers.questions},
        languages=frozenset(languages.values_list("key", flat=True)),
        groups=answers.groups,
        items={} if wave.answers_deleted_at else answers.items(),
        people=people,
        links=answers.links(),
    )
