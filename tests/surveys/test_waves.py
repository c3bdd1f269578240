"""Opening and closing: everything freezes, refusals name the reason."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
import yaml
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from maturity.models import Placement
from surveys.banks import SHIPPED, load_bank
from surveys.errors import WaveNotDraft, WaveNotOpen, WaveRefused
from surveys.models import Invitation, Message, Wave, WaveItem, WaveSecret
from surveys.services.banks import publish_bank
from surveys.services.invitations import hash_of
from surveys.services.waves import close_wave, create_wave, due_waves, open_wave, plan_opening
from tests.factories import OrganizationFactory, PersonFactory, PlacementFactory
from tests.surveys.conftest import hire, tokens
from tests.surveys.factories import WaveFactory

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def _monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


def _invited(wave: Wave):
    return Message.objects.filter(wave=wave, kind="invitation")


class TestDrafting:
    def test_a_draft_takes_the_newest_bank_and_a_key_from_its_title(self, organization, bank):
        wave = create_wave(organization, title="Spring pulse 2026")

        assert (wave.key, wave.bank, wave.status) == ("spring-pulse-2026", bank, "draft")
        assert (wave.k, wave.k_comment, wave.instrument) == (5, 10, "pulse")

    def test_the_same_title_gives_another_key(self, organization, bank):
        keys = [create_wave(organization, title="Pulse").key for _ in range(3)]

        assert keys == ["pulse", "pulse-2", "pulse-3"]

    def test_without_a_published_bank_there_is_nothing_to_ask(self, organization):
        with pytest.raises(WaveRefused, match="publish_bank"):
            create_wave(organization, title="Pulse")

        assert not Wave.objects.exists()

    def test_a_title_is_needed(self, organization, bank):
        with pytest.raises(ValidationError, match="title"):
            create_wave(organization, title="")


@pytest.mark.usefixtures("_monday")
class TestOpening:
    def test_opening_freezes_audience_questions_and_one_closing_instant(self, draft):
        hire(draft.organization, 12)

        wave = open_wave(draft)

        wave.refresh_from_db()
        assert (wave.status, wave.eligible, wave.opens_at) == ("open", 12, MONDAY)
        # The tenth working day is Friday 13 March, Berlin time, one hour ahead of UTC.
        assert wave.closes_at == datetime(2026, 3, 13, 22, 59, 59, tzinfo=UTC)
        assert wave.accepts_until == wave.closes_at + timedelta(minutes=30)
        asked = list(wave.items.values_list("question__key", flat=True))
        assert (len(asked), asked[0], asked[-1]) == (12, "REC0", "OPN1")

    def test_the_last_day_that_the_lead_chose_decides(self, draft):
        hire(draft.organization, 5)
        draft.closes_on = date(2026, 3, 29)
        draft.save()

        wave = open_wave(draft)

        assert wave.closes_at == datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)

    def test_everybody_gets_an_invitation_and_a_mail_of_their_own(self, draft):
        people = hire(draft.organization, 7)

        wave = open_wave(draft)

        invited = Invitation.objects.filter(wave=wave)
        assert {i.person for i in invited} == set(people)
        assert {(i.audience, i.language, i.responded) for i in invited} == {("pm", "en", False)}
        mails = Message.objects.filter(wave=wave).values_list("person", "kind", "number", "state")
        kinds = [("invitation", 1), ("reminder", 1), ("reminder", 2), ("reminder", 3)]
        assert sorted(mails) == [(p.pk, *kind, "waiting") for p in people for kind in kinds]
        assert set(_invited(wave).values_list("due_at", flat=True)) == {MONDAY}

    def test_only_the_hash_of_a_link_is_kept(self, draft):
        hire(draft.organization, 5)

        wave = open_wave(draft)

        links = tokens(wave)
        hashes = set(wave.invitations.values_list("token_hash", flat=True))
        assert {hash_of(token) for token in links} == hashes
        assert len(set(links)) == 5
        assert {len(token) for token in links} == {43}

    def test_only_pms_of_that_day_are_asked(self, draft):
        organization = draft.organization
        hire(organization, 5)
        former, future = PersonFactory.create_batch(2, organization=organization)
        PlacementFactory(person=former, valid=DateRange(date(2020, 1, 1), date(2026, 3, 2)))
        PlacementFactory(person=future, valid=DateRange(date(2026, 3, 3), None))
        PlacementFactory(person__organization=organization, role=Placement.Role.PRODUCT_OPS)
        PersonFactory(organization=organization)
        hire(OrganizationFactory(), 5)

        wave = open_wave(draft)

        assert wave.eligible == 5
        assert not {former.pk, future.pk} & set(wave.invitations.values_list("person", flat=True))

    def test_the_day_is_the_organisations_own(self, draft):
        hire(draft.organization, 5)
        # 23:30 UTC is already the third of March in Berlin.
        leaver = PersonFactory(organization=draft.organization)
        PlacementFactory(person=leaver, valid=DateRange(date(2020, 1, 1), date(2026, 3, 3)))

        with time_machine.travel(datetime(2026, 3, 2, 23, 30, tzinfo=UTC), tick=False):
            wave = open_wave(draft)

        assert wave.eligible == 5

    def test_opening_may_be_planned_ahead(self, draft):
        hire(draft.organization, 5)
        tomorrow = MONDAY + timedelta(days=1)

        wave = open_wave(draft, opens_at=tomorrow)

        assert wave.opens_at == tomorrow
        assert set(_invited(wave).values_list("due_at", flat=True)) == {tomorrow}
        assert not wave.accepts_answers(at=MONDAY)

    def test_its_price_does_not_depend_on_the_audience(self, draft, django_assert_num_queries):
        hire(draft.organization, 40)

        # 2 savepoint, 1 organisation locked, 1 wave, 5 plan, 1 wave saved,
        # 1 each for items, secret, languages, placements, units, groups, invitations, holidays
        # and mails
        with django_assert_num_queries(19):
            open_wave(draft)


def _refusal(wave: Wave) -> str:
    with pytest.raises(WaveRefused) as refused:
        open_wave(wave)
    wave.refresh_from_db()
    assert wave.status == "draft"
    assert not Invitation.objects.filter(wave=wave).exists()
    assert not Message.objects.filter(wave=wave).exists()
    return str(refused.value)


@pytest.mark.usefixtures("_monday")
class TestRefusals:
    def test_an_empty_roster(self, draft):
        assert _refusal(draft) == (
            "Nobody is a product manager on the roster on 2 March 2026. Add people first."
        )

    @pytest.mark.parametrize(
        ("people", "start"), [(1, "Only 1 product manager is"), (4, "Only 4 product managers are")]
    )
    def test_an_audience_under_k(self, draft, people, start):
        hire(draft.organization, people)

        assert _refusal(draft) == (
            f"{start} on the roster on 2 March 2026. A survey needs at least 5, "
            "because results of fewer people are never shown."
        )

    def test_a_second_open_wave(self, draft, bank):
        hire(draft.organization, 5)
        open_wave(draft)

        second = create_wave(draft.organization, title="Another")

        assert _refusal(second) == (
            "“Spring pulse” is still open. Close it first: one survey at a time."
        )

    def test_other_organisations_may_have_theirs(self, draft, bank):
        hire(draft.organization, 5)
        open_wave(draft)
        other = create_wave(OrganizationFactory(), title="Another")
        hire(other.organization, 5)

        assert open_wave(other).status == "open"

    def test_a_last_day_that_is_over(self, draft):
        hire(draft.organization, 5)
        Wave.objects.filter(pk=draft.pk).update(closes_on=date(2026, 3, 1))

        assert _refusal(draft) == ("The survey cannot close on 1 March 2026: choose a later day.")

    def test_an_instrument_that_the_bank_does_not_hold(self, organization, tmp_path):
        document = yaml.safe_load(SHIPPED[0].read_text())
        del document["instruments"]["pulse"]
        path = tmp_path / "bank.yaml"
        path.write_text(yaml.safe_dump(document))
        publish_bank(load_bank(path))
        hire(organization, 5)

        wave = create_wave(organization, title="Pulse")

        assert _refusal(wave) == "The question bank holds no questions for this survey."

    def test_what_was_opened_cannot_be_opened_again(self, draft):
        hire(draft.organization, 5)
        open_wave(draft)

        with pytest.raises(WaveNotDraft):
            open_wave(draft)

        assert _invited(draft).count() == 5

    def test_planning_changes_nothing(self, draft):
        hire(draft.organization, 5)

        plan = plan_opening(draft, opens_at=MONDAY)

        assert (len(plan.people), len(plan.questions)) == (5, 12)
        draft.refresh_from_db()
        assert draft.status == "draft"


class TestTheDatabaseKeepsIt:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE surveys_wave SET k = 3",
            "UPDATE surveys_wave SET k_comment = 5",
            "UPDATE surveys_wave SET closes_at = closes_at + interval '1 day'",
            "UPDATE surveys_wave SET title = 'x'",
            "UPDATE surveys_wave SET eligible = 5",
            "UPDATE surveys_wave SET instrument = 'full'",
            "UPDATE surveys_wave SET status = 'draft', opens_at = NULL",
            "DELETE FROM surveys_wave",
            "UPDATE surveys_waveitem SET position = position + 100",
            "DELETE FROM surveys_waveitem",
        ],
    )
    def test_what_opening_froze(self, opened, statement):
        opened()

        with (
            pytest.raises(IntegrityError, match="never changes"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    def test_a_closed_wave_stays_closed(self, opened):
        close_wave(opened())

        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            Wave.objects.update(status="open", closed_at=None)

    def test_a_draft_may_change_and_go(self, draft):
        draft.title = "Another"
        draft.save()

        draft.delete()

        assert not Wave.objects.exists()

    def test_k_has_a_floor_of_3(self, draft):
        with pytest.raises(IntegrityError, match="wave_thresholds_above_floor"):
            Wave.objects.update(k=2)

    def test_two_open_waves_of_one_organisation_are_impossible(self, db):
        wave = WaveFactory(opened=True)

        with pytest.raises(IntegrityError, match="wave_one_open_per_series"):
            WaveFactory(opened=True, organization=wave.organization, bank=wave.bank)


class TestClosing:
    def test_a_wave_is_due_when_even_late_answers_are_over(self, opened):
        wave = opened()
        closes, grace_ends = wave.closes_at, wave.accepts_until

        assert due_waves(at=closes) == []
        assert due_waves(at=grace_ends - timedelta(microseconds=1)) == []
        assert due_waves(at=grace_ends) == [wave.pk]

    def test_it_closed_when_it_said_it_would(self, opened):
        wave = opened()

        with time_machine.travel(wave.accepts_until + timedelta(hours=3), tick=False):
            release = close_wave(wave)

        wave.refresh_from_db()
        assert (wave.status, wave.closed_at) == ("closed", wave.closes_at)
        assert release.released_at == wave.accepts_until + timedelta(hours=3)
        assert due_waves(at=wave.accepts_until + timedelta(days=1)) == []

    def test_closing_early_closes_now(self, opened):
        wave = opened()
        early = wave.opens_at + timedelta(hours=1)

        with time_machine.travel(early, tick=False):
            close_wave(wave)

        wave.refresh_from_db()
        assert wave.closed_at == early

    def test_no_link_can_be_made_any_more(self, opened):
        wave = opened()

        close_wave(wave)

        assert not WaveSecret.objects.filter(wave=wave).exists()

    def test_the_second_closing_is_refused_and_changes_nothing(self, opened):
        wave = opened()
        release = close_wave(wave)

        with pytest.raises(WaveNotOpen):
            close_wave(wave)

        assert list(wave.releases.all()) == [release]

    def test_a_draft_cannot_be_closed(self, draft):
        with pytest.raises(WaveNotOpen):
            close_wave(draft)

    def test_closing_locks_the_wave_and_its_invitations(self, opened, assert_locks):
        wave = opened()

        with assert_locks("surveys_invitation"):
            close_wave(wave)

    def test_items_follow_the_wave(self, opened):
        wave = opened()

        assert WaveItem.objects.for_organization(wave.organization).count() == 12
