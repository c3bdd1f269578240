"""Submissions per second against a bare Django view that inserts the same rows, in one run."""

import time
import uuid
from collections.abc import Callable, Iterator
from itertools import count

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from maturity.models import Organization, Person, Placement
from maturity.services.tenancy import create_organization
from surveys.banks import SHIPPED, load_bank
from surveys.models import IntakeComment, IntakeResponse, Invitation, Wave, WaveSecret
from surveys.services.banks import publish_bank
from surveys.services.invitations import token_for
from surveys.services.waves import create_wave, open_wave

PEOPLE = 400
WARM_UP = 20
RATINGS = ("LEV1", "ANA1", "EXP1", "RES1", "TOO3", "FBK1", "ONB3", "GAT1", "GAT2", "AUT1")
FORM = dict.fromkeys(RATINGS, "4") | {"REC0": "9", "OPN1": "Start earlier."}


def bench_submissions() -> None:
    """The answer page's POST against a view that does nothing but store."""
    wave = _opened_wave()
    links = _links(wave)
    numbers = count()
    with override_settings(ROOT_URLCONF=__name__):
        floor = _rate(lambda client: client.post(f"/bare/{wave.pk}/{next(numbers)}", FORM))
    rate = _rate(lambda client: client.post(next(links), FORM))
    print(f"{PEOPLE} submissions of 12 items; floor is a bare view that inserts the same rows")
    print(f"  bare view        {floor:12,.0f} /s")
    print(f"  answer page      {rate:12,.0f} /s   {rate / floor:5.2f} of floor")


@csrf_exempt
@transaction.atomic
def bare(request: HttpRequest, wave_id: int, number: int) -> HttpResponse:
    """The rows of a submission, without a link, a check or a lock."""
    wave = Wave.objects.only("organization_id").get(pk=wave_id)
    answers = {key: int(request.POST[key]) for key in (*RATINGS, "REC0")}
    owner = {"organization_id": wave.organization_id, "wave_id": wave_id}
    IntakeResponse(id=uuid.uuid4(), audience="pm", language="en", answers=answers, **owner).save(
        force_insert=True
    )
    IntakeComment(id=uuid.uuid4(), item_key="OPN1", text=request.POST["OPN1"], **owner).save(
        force_insert=True
    )
    return HttpResponse(status=303)


urlpatterns = [path("bare/<int:wave_id>/<int:number>", bare)]


def _opened_wave() -> Wave:
    publish_bank(load_bank(SHIPPED[0]))
    organization: Organization = create_organization("bench-survey", name="Bench")
    people = Person.objects.bulk_create(
        Person(organization=organization, email=f"pm{n}@bench.example")
        for n in range(PEOPLE + WARM_UP)
    )
    Placement.objects.bulk_create(
        Placement(organization=organization, person=p, role="pm", valid=("2020-01-01", None))
        for p in people
    )
    return open_wave(create_wave(organization, title="Bench"))


def _links(wave: Wave) -> Iterator[str]:
    secret = bytes(WaveSecret.objects.get(wave=wave).secret)
    rows = Invitation.objects.filter(wave=wave).values_list("pk", "link_number")
    return iter([f"/s/{token_for(secret, pk, number)}" for pk, number in rows])


def _rate(post: Callable[[Client], HttpResponse]) -> float:
    client = Client()
    for _ in range(WARM_UP):
        _check(post(client))
    start = time.perf_counter()
    for _ in range(PEOPLE):
        _check(post(client))
    return PEOPLE / (time.perf_counter() - start)


def _check(response: HttpResponse) -> None:
    if response.status_code != 303:
        raise RuntimeError(f"a submission answered {response.status_code}")
