"""You said, we did: write it, publish it to everybody who was asked, and ask again only then."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.models import User
from surveys.errors import AlreadyPublished, WaveRefused
from surveys.models import FollowUp, Message, Wave
from surveys.services.mailings import queue_notice


@transaction.atomic
def save_follow_up(wave: Wave, *, heard: str, doing: str, by: User | None) -> FollowUp:
    """Write or rewrite a closed wave's follow-up until it is published.

    Raises WaveRefused, AlreadyPublished, ValidationError naming the field.
    """
    wave = Wave.objects.select_for_update(no_key=True, of=("self",)).get(pk=wave.pk)
    if wave.status != Wave.Status.CLOSED:
        raise WaveRefused(_("There is something to answer to once the wave is closed."))
    follow_up = FollowUp.objects.filter(wave=wave).first() or FollowUp(
        organization_id=wave.organization_id, wave=wave
    )
    if follow_up.published_at is not None:
        raise AlreadyPublished(_("This was published; it can no longer change."))
    follow_up.heard, follow_up.doing = heard.strip(), doing.strip()
    follow_up.author = by
    # Whoever wrote it may be the operator, or gone.
    follow_up.full_clean(exclude=["author"])
    follow_up.save()
    return follow_up


@transaction.atomic
def publish_follow_up(follow_up: FollowUp, *, at: datetime | None = None) -> FollowUp:
    """Publish for good, and mail it with the results to everybody who was asked.

    `at`: when that was, where a history is written down; then nobody is mailed.
    Raises AlreadyPublished, also for the second of two at once.
    """
    locked: FollowUp = (
        FollowUp.objects.select_for_update(of=("self",))
        .select_related("wave__organization", "wave__series")
        .get(pk=follow_up.pk)
    )
    if locked.published_at is not None:
        raise AlreadyPublished(_("This was published already."))
    if not locked.heard or not locked.doing:
        raise ValidationError(_("Say both: what was heard, and what follows from it."))
    now = timezone.now()
    locked.published_at = at or now
    locked.save(update_fields=["published_at"])
    if at is None:
        queue_notice(locked.wave, Message.Kind.RESULTS, now=now)
    return locked


def missing_follow_up(wave: Wave) -> Wave | None:
    """The last closed wave of the same series, if its people have not been told what came of it.

    For a wave without a series it is the last one of the organisation. Each onboarding cohort
    answers once and leaves: nobody there is asked again.
    """
    if wave.cohort:
        return None
    closed = Wave.objects.for_organization(wave.organization).filter(
        status=Wave.Status.CLOSED, cohort=""
    )
    if wave.series_id is not None:
        closed = closed.filter(series=wave.series_id)
    last = closed.select_related("follow_up").order_by("-closed_at", "-pk").first()
    if last is None:
        return None
    follow_up: FollowUp | None = getattr(last, "follow_up", None)
    return last if follow_up is None or follow_up.published_at is None else None
