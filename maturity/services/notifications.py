"""Tell what happened: one row for the fact, one for each person and endpoint that is told.

Called inside the transaction in which it happens, so that either both are stored or neither.
Nothing is sent here; tasks.send_due_deliveries drains the rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone as django_timezone
from django.utils.translation import gettext as _

from maturity.models import (
    Delivery,
    Endpoint,
    Event,
    Membership,
    Notification,
    NotificationChoice,
    Organization,
    User,
)

Rhythm = NotificationChoice.Rhythm

# [C] our convention: the digest waits for people when they begin to work, on Monday for a week's.
DIGEST_AT = time(8)
MONDAY = 0
# What who never chose anything hears of: leads of everything but good news, viewers of nothing.
DEFAULT_EVENTS = tuple(event for event in Event if event != Event.FINDING_RESOLVED)


@dataclass(frozen=True)
class Wish:
    """How one member wants to be told."""

    events: frozenset[str]
    rhythm: str
    zone: ZoneInfo
    quiet: tuple[time, time] | None = None


@transaction.atomic
def notify(
    organization: Organization,
    event: Event,
    *,
    key: str,
    title: str,
    text: str = "",
    path: str = "",
    data: Mapping[str, Any] | None = None,
) -> Notification | None:
    """Tell everybody who wants to hear of it; None where this was told before.

    `key` names the fact within its event: telling it twice, or at once, is one notification.
    `title`, `text` and `data` never carry anything about a person: whoever owns an endpoint
    reads them.
    """
    now = django_timezone.now()
    row = Notification(
        organization=organization,
        event=event,
        key=key,
        title=title[:200],
        text=text,
        path=path,
        data=dict(data or {}),
        at=now,
    )
    row.clean_fields(exclude=["organization"])
    Notification.objects.bulk_create([row], ignore_conflicts=True)
    told = Notification.objects.get(organization=organization, event=event, key=key)
    if told.deliveries.exists() or told.at != now:
        return None
    Delivery.objects.bulk_create(_deliveries(told), ignore_conflicts=True)
    return told


@transaction.atomic
def notify_members(
    organization: Organization,
    users: Iterable[User],
    event: str,
    *,
    key: str,
    title: str,
    text: str = "",
    path: str = "",
    data: Mapping[str, Any] | None = None,
) -> Notification:
    """Mail this to these members, each by itself, whichever events they chose: somebody chose them.

    Left out are who is no member any more and who stopped the mails; quiet hours hold. Raises
    IntegrityError for what was told before.
    """
    told: Notification = Notification.objects.create(
        organization=organization,
        event=event,
        key=key,
        title=title[:200],
        text=text,
        path=path,
        data=dict(data or {}),
        at=django_timezone.now(),
    )
    wanted = {user.pk for user in users}
    Delivery.objects.bulk_create(
        Delivery(
            organization_id=organization.pk,
            notification=told,
            user_id=membership.user_id,
            due_at=after_quiet(told.at.astimezone(wish.zone), wish),
        )
        for membership, wish in _members(organization)
        if membership.user_id in wanted and wish.rhythm != Rhythm.NEVER
    )
    return told


def choose(
    membership: Membership,
    *,
    events: Iterable[str],
    rhythm: str,
    timezone: str,
    quiet_from: time | None = None,
    quiet_to: time | None = None,
) -> NotificationChoice:
    """Keep what a member wants to hear of. It holds for what happens from now on.

    Raises ValidationError naming the field.
    """
    if (quiet_from is None) != (quiet_to is None):
        raise ValidationError({"quiet_to": _("Give both ends of the quiet hours, or none.")})
    if quiet_from is not None and quiet_from == quiet_to:
        raise ValidationError({"quiet_to": _("The quiet hours end when they begin.")})
    values = {
        "events": [event for event in Event.values if event in set(events)],
        "rhythm": rhythm,
        "timezone": timezone,
        "quiet_from": quiet_from,
        "quiet_to": quiet_to,
    }
    mine: dict[str, Any] = {"organization": membership.organization, "user": membership.user}
    NotificationChoice(**mine, **values).full_clean(
        exclude=["events"], validate_unique=False, validate_constraints=False
    )
    choice, _created = NotificationChoice.objects.update_or_create(**mine, defaults=values)
    return choice


def wish_of(membership: Membership, choice: NotificationChoice | None) -> Wish:
    """What a member chose, or what holds for who never chose."""
    if choice is None:
        leads = membership.role in Membership.EDITING_ROLES
        events = frozenset(DEFAULT_EVENTS if leads else ())
        return Wish(events, Rhythm.EACH, membership.organization.zone)
    quiet = None
    if choice.quiet_from is not None and choice.quiet_to is not None:
        quiet = (choice.quiet_from, choice.quiet_to)
    return Wish(frozenset(choice.events), choice.rhythm, ZoneInfo(choice.timezone), quiet)


def due_for(wish: Wish, *, at: datetime) -> datetime:
    """When a person is told of what happens at `at`: now, after quiet hours, or in the digest."""
    local = at.astimezone(wish.zone)
    if wish.rhythm in {Rhythm.DAILY, Rhythm.WEEKLY}:
        day = local.date() if local.time() < DIGEST_AT else local.date() + timedelta(days=1)
        if wish.rhythm == Rhythm.WEEKLY:
            day += timedelta(days=(MONDAY - day.weekday()) % 7)
        return after_quiet(datetime.combine(day, DIGEST_AT, wish.zone), wish)
    return after_quiet(local, wish)


def after_quiet(local: datetime, wish: Wish) -> datetime:
    """The same moment, or the end of the quiet hours it falls in (they may pass midnight)."""
    if wish.quiet is None:
        return local
    start, end = wish.quiet
    now = local.time()
    if start < end:
        inside, next_day = start <= now < end, False
    else:
        inside, next_day = now >= start or now < end, now >= start
    if not inside:
        return local
    return datetime.combine(local.date() + timedelta(days=next_day), end, wish.zone)


def _deliveries(row: Notification) -> Iterator[Delivery]:
    for membership, wish in _members(row.organization):
        if row.event in wish.events and wish.rhythm != Rhythm.NEVER:
            yield Delivery(
                organization_id=row.organization_id,
                notification=row,
                user_id=membership.user_id,
                digest=wish.rhythm in {Rhythm.DAILY, Rhythm.WEEKLY},
                due_at=due_for(wish, at=row.at),
            )
    for endpoint in Endpoint.objects.for_organization(row.organization).enabled():
        if row.event in endpoint.events:
            yield Delivery(
                organization_id=row.organization_id,
                notification=row,
                endpoint=endpoint,
                due_at=row.at,
            )


def _members(organization: Organization) -> Iterator[tuple[Membership, Wish]]:
    memberships = organization.memberships.filter(user__is_active=True).select_related("user")
    choices = NotificationChoice.objects.for_organization(organization)
    by_user = {choice.user_id: choice for choice in choices}
    for membership in memberships.order_by("pk"):
        membership.organization = organization
        yield membership, wish_of(membership, by_user.get(membership.user_id))
