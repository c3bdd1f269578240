"""Storing answers: once per person, nothing that leads back to one, shuffled at closing."""

import threading
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError, connection, connections, models, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys.errors import AlreadyAnswered, NotYetOpen, TooLate
from surveys.models import (
    Comment,
    IntakeComment,
    IntakeResponse,
    Invitation,
    Response,
    Wave,
)
from surveys.services.answers import Submission, submit_response
from surveys.services.traces import remove_traces
from surveys.services.waves import close_wave, create_wave, open_wave
from tests.factories import OrganizationFactory
from tests.surveys.conftest import answer, clean_up, database_parameters, hire, ratings

ANSWER_TABLES = [IntakeResponse, Response, IntakeComment, Comment]


class TestSubmitting:
    def test_a_response_is_stored_as_it_was_given(self, opened):
        wave = opened()
        sheet = Submission({"LEV1": 4, "GAT2": 1}, ("TOO3",), {"OPN1": "Start earlier."})

        submit_response(wave.invitations.first(), sheet)

        response = IntakeResponse.objects.get()
        assert (response.wave, response.organization) == (wave, wave.organization)
        assert (response.audience, response.language) == ("pm", "en")
        assert (response.answers, response.not_applicable) == ({"LEV1": 4, "GAT2": 1}, ["TOO3"])
        comment = IntakeComment.objects.get()
        assert (comment.item_key, comment.text) == ("OPN1", "Start earlier.")
        assert Invitation.objects.filter(responded=True).count() == 1

    def test_nobody_answers_twice(self, opened):
        invitation = opened().invitations.first()
        submit_response(invitation, ratings(4))

        with pytest.raises(AlreadyAnswered):
            submit_response(invitation, ratings(5))

        assert [r.answers["LEV1"] for r in IntakeResponse.objects.all()] == [4]

    def test_the_grace_ends_after_30_minutes(self, opened):
        wave = opened()
        first, second = wave.invitations.all()[:2]
        last_moment = wave.closes_at + timedelta(minutes=30)

        with time_machine.travel(last_moment - timedelta(seconds=1), tick=False):
            submit_response(first, ratings(4))
        with time_machine.travel(last_moment, tick=False), pytest.raises(TooLate):
            submit_response(second, ratings(4))

        assert IntakeResponse.objects.count() == 1
        assert Invitation.objects.filter(responded=True).count() == 1

    def test_nothing_is_taken_before_it_opens(self, draft):
        hire(draft.organization, 5)
        wave = open_wave(draft, opens_at=timezone.now() + timedelta(hours=1))

        with pytest.raises(NotYetOpen):
            submit_response(wave.invitations.first(), ratings(4))

        assert not IntakeResponse.objects.exists()

    def test_a_closed_wave_takes_nothing(self, opened):
        wave = opened()
        invitation = wave.invitations.first()
        close_wave(wave)

        with pytest.raises(TooLate):
            submit_response(invitation, ratings(4))

        assert not IntakeResponse.objects.exists()
        assert not Response.objects.exists()

    def test_it_locks_the_invitation(self, opened, assert_locks):
        invitation = opened().invitations.first()

        with assert_locks("surveys_invitation"):
            submit_response(invitation, ratings(4))

    def test_its_price_is_fixed(self, opened, django_assert_num_queries):
        wave = opened()
        answer(wave, [ratings(3)] * 6)
        invitation = wave.invitations.filter(responded=False).first()
        sheet = Submission({"LEV1": 4}, (), {"OPN1": "One.", "OPN2": "Two."})

        # 2 savepoint, 1 lock, 1 wave, 1 its organisation, 1 whether the person is still there,
        # 1 response, 1 comments, 1 invitation
        with django_assert_num_queries(9):
            submit_response(invitation, sheet)


def _at_once(*jobs: Callable[[], object]) -> list[BaseException | None]:
    """Run each job in a thread with a connection of its own, all let go at the same moment."""
    start = threading.Barrier(len(jobs))
    outcomes: list[BaseException | None] = [None] * len(jobs)

    def run(number: int, job: Callable[[], object]) -> None:
        try:
            start.wait()
            job()
        except Exception as error:  # noqa: BLE001  # handed to the test
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_tabs_give_one_response(self, opened):
        invitation = opened().invitations.first()

        outcomes = _at_once(*[lambda: submit_response(invitation, ratings(4))] * 4)

        assert sorted(type(o).__name__ for o in outcomes) == [
            *["AlreadyAnswered"] * 3,
            "NoneType",
        ]
        assert IntakeResponse.objects.count() == 1

    def test_everybody_at_once_loses_nothing(self, opened):
        wave = opened(8)

        outcomes = _at_once(
            *(
                lambda invitation=invitation: submit_response(invitation, ratings(4))
                for invitation in wave.invitations.all()
            )
        )

        assert outcomes == [None] * 8
        assert IntakeResponse.objects.count() == 8

    def test_answers_and_closing_at_once_lose_nothing_and_never_lock_up(self, opened):
        wave = opened(8)
        jobs = [
            lambda invitation=invitation: submit_response(invitation, ratings(4))
            for invitation in wave.invitations.all()
        ]

        outcomes = _at_once(*jobs, lambda: close_wave(wave))

        taken = outcomes[:-1].count(None)
        assert outcomes[-1] is None
        assert {type(o).__name__ for o in outcomes} <= {"NoneType", "TooLate"}
        assert Response.objects.count() == taken
        assert Invitation.objects.filter(responded=True).count() == taken
        assert not IntakeResponse.objects.exists()

    def test_two_closings_release_once(self, opened):
        wave = opened()
        answer(wave, [ratings(4)] * 6)

        outcomes = _at_once(*[lambda: close_wave(wave)] * 3)

        assert sorted(type(o).__name__ for o in outcomes) == [
            "NoneType",
            "WaveNotOpen",
            "WaveNotOpen",
        ]
        assert wave.releases.count() == 1
        assert Response.objects.count() == 6

    def test_two_openings_open_one_wave(self, organization, bank):
        hire(organization, 6)
        waves = [create_wave(organization, title=title) for title in ("One", "Two")]

        outcomes = _at_once(*(lambda wave=wave: open_wave(wave) for wave in waves))

        assert sorted(type(o).__name__ for o in outcomes) == ["NoneType", "WaveRefused"]
        assert Invitation.objects.count() == 6


def _columns(model: type[models.Model]) -> list[tuple[str, str, str | None]]:
    """Name, type and default of a table's columns, as PostgreSQL has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type, column_default FROM information_schema.columns"
            " WHERE table_name = %s",
            [model._meta.db_table],
        )
        return cursor.fetchall()


@pytest.mark.django_db
class TestWhatTheTablesCanHold:
    @pytest.mark.parametrize("model", ANSWER_TABLES)
    def test_no_answer_has_a_moment_an_order_or_a_sequence(self, model):
        for name, kind, default in _columns(model):
            assert "time" not in kind, name
            assert kind != "date", name
            assert "nextval" not in (default or ""), name
            assert kind != "integer", name
        assert ("id", "uuid", None) in _columns(model)

    @pytest.mark.parametrize("model", ANSWER_TABLES)
    def test_an_answer_points_at_its_wave_and_organisation_alone(self, model):
        relations = {f.name for f in model._meta.get_fields() if f.is_relation}

        assert relations == {"organization", "wave"}

    @pytest.mark.parametrize("model", ANSWER_TABLES)
    def test_nothing_points_at_an_answer(self, model):
        pointing = [
            field
            for other in apps.get_models()
            for field in other._meta.get_fields()
            if field.is_relation and field.concrete and field.related_model is model
        ]

        assert pointing == []

    def test_a_text_shares_only_the_wave_with_a_response(self):
        shared = {f.name for f in Response._meta.concrete_fields} & {
            f.name for f in Comment._meta.concrete_fields
        }

        assert shared == {"id", "organization", "wave"}

    @pytest.mark.parametrize("model", [*ANSWER_TABLES, Invitation])
    def test_no_trigger_watches(self, model):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
                [model._meta.db_table],
            )
            assert cursor.fetchall() == []

    def test_an_invitation_knows_no_moment(self):
        kinds = {kind for _name, kind, _default in _columns(Invitation)}

        assert not {kind for kind in kinds if "time" in kind or kind == "date"}


def _physical(model: type[models.Model], column: str) -> list:
    """A column's values in the order of the rows on disk."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table} ORDER BY ctid")  # noqa: S608
        return [value for (value,) in cursor.fetchall()]


def _writers(model: type[models.Model]) -> set:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT xmin::text FROM {model._meta.db_table}")  # noqa: S608
        return {value for (value,) in cursor.fetchall()}


@pytest.mark.django_db(transaction=True)
class TestClosing:
    def test_the_intake_is_emptied_into_the_final_tables(self, opened):
        wave = opened()
        sheets = [Submission({"LEV1": 4}, ("ANA1",), {"OPN1": f"Text {n}"}) for n in range(7)]
        answer(wave, sheets)
        before = sorted(IntakeResponse.objects.values_list("id", "answers", "not_applicable"))

        close_wave(wave)

        after = Response.objects.values_list("id", "answers", "not_applicable")
        assert sorted(after) == before
        assert sorted(Comment.objects.values_list("text", flat=True)) == [
            f"Text {n}" for n in range(7)
        ]
        assert not IntakeResponse.objects.exists()
        assert not IntakeComment.objects.exists()

    def test_the_order_on_disk_tells_nothing(self, opened):
        wave = opened(40)
        answer(wave, [Submission({"LEV3": n}, (), {"OPN1": f"{n:02}"}) for n in range(40)])
        arrived = _physical(IntakeResponse, "answers->>'LEV3'")
        invited = _physical(Invitation, "id")

        close_wave(wave)
        clean_up()

        for model, column, order in (
            (Response, "answers->>'LEV3'", arrived),
            (Comment, "text", [f"{n:02}" for n in range(40)]),
            (Invitation, "id", invited),
        ):
            stored = _physical(model, column)
            assert sorted(stored) == sorted(order)
            assert stored != order
            in_place = sum(a == b for a, b in zip(stored, order, strict=True))
            assert in_place < 10, model

    def test_invitations_and_responses_come_out_in_different_orders(self, opened):
        wave = opened(40)
        people = list(wave.invitations.order_by("pk"))
        for number, invitation in enumerate(people):
            submit_response(invitation, Submission({"LEV3": number}))

        close_wave(wave)

        rank = {invitation.pk: number for number, invitation in enumerate(people)}
        by_invitation = [rank[pk] for pk in _physical(Invitation, "id")]
        by_response = [int(n) for n in _physical(Response, "answers->>'LEV3'")]
        assert sum(a == b for a, b in zip(by_invitation, by_response, strict=True)) < 10

    def test_everything_was_written_by_one_transaction(self, opened):
        wave = opened()
        answer(wave, [Submission({"LEV1": 4}, (), {"OPN1": "Text"})] * 7)
        assert len(_writers(IntakeResponse)) == 7

        close_wave(wave)

        writers = {frozenset(_writers(model)) for model in (Response, Comment, Invitation)}
        assert len(writers) == 1
        assert len(writers.pop()) == 1

    def test_no_deleted_row_stays_in_the_files(self, opened):
        wave = opened()
        answer(wave, [Submission({"LEV1": 4}, (), {"OPN1": "Text"})] * 7)
        close_wave(wave)

        assert clean_up() == 1

        with connection.cursor() as cursor:
            for model in (IntakeResponse, IntakeComment):
                cursor.execute("SELECT pg_relation_size(%s)", [model._meta.db_table])
                assert cursor.fetchone() == (0,)
            cursor.execute("SELECT max((ctid::text::point)[1]) FROM surveys_invitation")
            assert cursor.fetchone() == (12,)

    def test_traces_are_removed_once(self, opened):
        wave = opened()
        assert remove_traces() == 0
        close_wave(wave)
        assert clean_up() == 1

        with CaptureQueriesContext(connection) as captured:
            assert remove_traces() == 0

        assert not [query for query in captured if "VACUUM" in query["sql"]]
        assert Wave.objects.get(pk=wave.pk).traces_removed_at is not None

    def test_while_somebody_can_still_see_deleted_rows_the_wave_stays_due(self, opened):
        wave = opened()
        answer(wave, [ratings(4)] * 6)
        with psycopg.connect(**database_parameters()) as reader:
            reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            reader.execute("SELECT 1")  # from here on it sees the database as it is now
            close_wave(wave)

            assert remove_traces() == 0
            assert Wave.objects.with_traces().count() == 1

        assert clean_up() == 1

    def test_other_waves_are_left_alone(self, opened, bank):
        mine = opened()
        answer(mine, [ratings(4)] * 6)
        other = create_wave(OrganizationFactory(), title="Theirs")
        hire(other.organization, 6)
        theirs = open_wave(other)
        answer(theirs, [ratings(2)] * 3)

        close_wave(mine)

        assert IntakeResponse.objects.filter(wave=theirs).count() == 3
        assert theirs.invitations.filter(responded=True).count() == 3


@pytest.mark.django_db
class TestConstraints:
    def test_one_invitation_per_person(self, opened):
        wave = opened()
        twin = wave.invitations.first()
        twin.pk, twin.token_hash = None, "0" * 64

        with (
            pytest.raises(IntegrityError, match="invitation_once_per_person"),
            transaction.atomic(),
        ):
            Invitation.objects.bulk_create([twin])
