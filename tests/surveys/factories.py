"""One factory per survey model, each making the smallest valid row."""

import uuid
from datetime import UTC, date, datetime, timedelta

import factory

from surveys import models
from tests.factories import OrganizationFactory, PersonFactory

OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)


class BankVersionFactory(factory.django.DjangoModelFactory):
    """A small draft bank; publish_bank() makes the real one."""

    class Meta:
        model = models.BankVersion

    key = "small-bank"
    version = factory.Sequence(lambda n: f"1.0.{n}")
    language = "en"
    digest = "0" * 64


class QuestionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Question

    bank = factory.SubFactory(BankVersionFactory)
    key = factory.Sequence(lambda n: f"ITEM{n}")
    position = factory.Sequence(lambda n: n % 30_000)
    text = factory.Sequence(lambda n: f"Statement {n}.")
    scale = models.Question.Scale.AGREE
    audiences = ["pm"]


class SeriesFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Series

    organization = factory.SubFactory(OrganizationFactory)
    key = factory.Sequence(lambda n: f"series-{n}")
    title = factory.Sequence(lambda n: f"Series {n}")
    rule = "FREQ=MONTHLY;BYDAY=1TU"
    starts_on = date(2026, 1, 1)


class PrivacySettingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.PrivacySetting
        django_get_or_create = ("organization",)

    organization = factory.SubFactory(OrganizationFactory)


class WaveFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Wave

    class Params:
        opened = factory.Trait(
            status=models.Wave.Status.OPEN,
            opens_at=OPENED,
            closes_at=OPENED + timedelta(days=14),
            accepts_until=OPENED + timedelta(days=14, minutes=30),
            eligible=12,
        )
        closed = factory.Trait(
            opened=True,
            status=models.Wave.Status.CLOSED,
            closed_at=OPENED + timedelta(days=14),
        )

    organization = factory.SubFactory(OrganizationFactory)
    bank = factory.SubFactory(BankVersionFactory)
    key = factory.Sequence(lambda n: f"wave-{n}")
    title = factory.Sequence(lambda n: f"Wave {n}")


class WaveItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.WaveItem

    wave = factory.SubFactory(WaveFactory, opened=True)
    organization = factory.SelfAttribute("wave.organization")
    question = factory.SubFactory(QuestionFactory, bank=factory.SelfAttribute("..wave.bank"))
    position = factory.Sequence(lambda n: n % 30_000)


class InvitationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Invitation

    wave = factory.SubFactory(WaveFactory, opened=True)
    organization = factory.SelfAttribute("wave.organization")
    person = factory.SubFactory(PersonFactory, organization=factory.SelfAttribute("..organization"))
    token_hash = factory.LazyFunction(lambda: uuid.uuid4().hex * 2)


class MessageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Message

    wave = factory.SubFactory(WaveFactory, opened=True)
    organization = factory.SelfAttribute("wave.organization")
    person = factory.SubFactory(PersonFactory, organization=factory.SelfAttribute("..organization"))
    kind = models.Message.Kind.INVITATION
    due_at = OPENED


class RefusedAddressFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.RefusedAddress

    person = factory.SubFactory(PersonFactory)
    organization = factory.SelfAttribute("person.organization")
    address = factory.SelfAttribute("person.email")
    reason = "SMTPRecipientsRefused 550"
    noted_at = OPENED


class FollowUpFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.FollowUp

    wave = factory.SubFactory(WaveFactory, closed=True)
    organization = factory.SelfAttribute("wave.organization")
    heard = "Sign-offs take too long."
    doing = "Two of five go in May."


class IntakeResponseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.IntakeResponse

    wave = factory.SubFactory(WaveFactory, opened=True)
    organization = factory.SelfAttribute("wave.organization")
    audience = "pm"
    language = "en"
    answers = factory.LazyFunction(dict)


class IntakeCommentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.IntakeComment

    wave = factory.SubFactory(WaveFactory, opened=True)
    organization = factory.SelfAttribute("wave.organization")
    item_key = "OPN1"
    text = "Start earlier."


class OutsideWaveFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.OutsideWave

    organization = factory.SubFactory(OrganizationFactory)
    key = factory.Sequence(lambda n: f"outside-{n}")
    shape = models.OutsideWave.Shape.TREE
    imported_at = OPENED
    answers_kept_until = OPENED + timedelta(days=400)


class ReleaseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Release

    wave = factory.SubFactory(WaveFactory, closed=True)
    organization = factory.SelfAttribute("wave.organization")
    released_at = factory.SelfAttribute("wave.closed_at")
    eligible = 12
    responded = 9
    response_rate = 0.75
    band = models.Release.Band.GOOD


class ReleasedCellFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.ReleasedCell

    release = factory.SubFactory(ReleaseFactory)
    organization = factory.SelfAttribute("release.organization")
    kind = models.ReleasedCell.Kind.ITEM
    key = factory.Sequence(lambda n: f"ITEM{n}")
    state = models.ReleasedCell.State.SUPPRESSED
