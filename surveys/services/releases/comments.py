"""Comments: at the highest level only, shuffled, once enough people wrote some."""

from collections.abc import Sequence

from surveys import privacy
from surveys.models import Comment, Question, Release, ReleasedCell, ReleasedComment, Wave
from surveys.privacy import HIDDEN, Decision, Thresholds


def release_comments(
    wave: Wave, release: Release, questions: Sequence[Question], thresholds: Thresholds
) -> list[ReleasedCell]:
    """Publish the comments on each question that enough people commented; return the cells.

    A later version repeats them only with k_comment new ones or none: what is new must not be
    the words of a few.
    """
    cells, shown = [], []
    for question in questions:
        if question.scale != Question.Scale.TEXT:
            continue
        # One person has at most one row per question, so rows are people.
        rows = Comment.objects.filter(wave=wave, item_key=question.key)
        texts = list(rows.values_list("text", flat=True))
        decision = _decide(wave, release, question.key, len(texts), thresholds)
        if decision.state == "shown":
            shown += [(question.key, text) for text in texts]
        cells.append(
            ReleasedCell(
                organization=wave.organization,
                release=release,
                kind=ReleasedCell.Kind.COMMENTS,
                key=question.key,
                state=decision.state,
                n=len(texts) if decision.state == "shown" else None,
            )
        )
    ReleasedComment.objects.bulk_create(
        ReleasedComment(organization=wave.organization, release=release, item_key=key, text=text)
        for key, text in shown
    )
    return cells


def _decide(
    wave: Wave, release: Release, key: str, commenters: int, thresholds: Thresholds
) -> Decision:
    earlier = ReleasedCell.objects.filter(
        release__wave=wave,
        release__version__lt=release.version,
        kind=ReleasedCell.Kind.COMMENTS,
        key=key,
        n__isnull=False,
    )
    for published in earlier.values_list("n", flat=True):
        if 0 < commenters - published < thresholds.k_comment:
            return HIDDEN
    return privacy.decide_comments(commenters, thresholds)
