"""Thresholds of an organisation: its owners set them, what is open keeps its own."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from maturity.models import Membership, Organization
from surveys.models import PrivacySetting, Wave
from surveys.services.privacy_settings import privacy_values, set_privacy
from surveys.services.series import create_series
from surveys.services.waves import create_wave, open_wave
from tests.factories import MembershipFactory, UserFactory
from tests.surveys.conftest import hire, tokens
from tests.surveys.factories import PrivacySettingFactory

OWN = {"k": 7, "k_comment": 12, "retention_days": 90}
MONTHLY = {"title": "Pulse", "rule": "FREQ=MONTHLY;BYDAY=1TU", "starts_on": date(2026, 1, 1)}
ADD = "admin:surveys_privacysetting_add"


def kept(wave):
    return {name: getattr(Wave.objects.get(pk=wave.pk), name) for name in OWN}


def test_without_a_setting_the_defaults_hold(organization):
    assert privacy_values(organization) == {"k": 5, "k_comment": 10, "retention_days": 400}


def test_whatever_opens_later_takes_them(organization, bank):
    draft = create_wave(organization, title="Before")
    series = create_series(organization, **MONTHLY)

    set_privacy(organization, **OWN)

    for wave in (draft, *series.waves.all(), create_wave(organization, title="After")):
        assert kept(wave) == OWN


def test_what_is_open_keeps_what_its_page_says(opened, client, organization):
    wave = opened()

    set_privacy(organization, **OWN)

    assert kept(wave) == {"k": 5, "k_comment": 10, "retention_days": 400}
    page = client.get(reverse("surveys:respond", args=[tokens(wave)[0]])).content.decode()
    assert "400 days after closing" in page


def test_the_consent_page_says_them(organization, bank, client):
    set_privacy(organization, **OWN)
    hire(organization, 8)
    wave = open_wave(create_wave(organization, title="After"))

    page = client.get(reverse("surveys:respond", args=[tokens(wave)[0]])).content.decode()

    for words in ("fewer than 7 people", "at least 12 people", "90 days after closing"):
        assert words in page


def test_another_organisation_keeps_its_own(organization):
    PrivacySettingFactory(k=9)

    assert privacy_values(organization)["k"] == 5


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"k": 2}, "k"),
        ({"k_comment": 4}, "k_comment"),
        ({"retention_days": 0}, "retention_days"),
        ({"k": 11, "k_comment": 10}, "__all__"),
    ],
)
def test_below_the_floor_is_refused_by_field(organization, wrong, field):
    with pytest.raises(ValidationError) as refused:
        set_privacy(organization, **{**OWN, **wrong})

    assert field in refused.value.message_dict
    assert not PrivacySetting.objects.exists()


def test_the_database_holds_the_floors(organization):
    PrivacySettingFactory(organization=organization)

    for values in ({"k": 2}, {"k": 4, "k_comment": 4}):
        with pytest.raises(IntegrityError, match="above_floor"), transaction.atomic():
            PrivacySetting.objects.update(**values)


class TestPage:
    @pytest.fixture
    def owner(self, login, organization):
        user = UserFactory(email="olga@acme.example")
        MembershipFactory(organization=organization, user=user, role=Membership.Role.OWNER)
        return login(user)

    def test_an_owner_sets_and_changes_them(self, owner, organization):
        form = {"organization": organization.pk, **OWN}

        first = owner.post(reverse(ADD), form, follow=True)
        again = owner.post(reverse(ADD), {**form, "k": 6}, follow=True)

        assert first.status_code == again.status_code == 200
        assert privacy_values(organization) == {**OWN, "k": 6}

    def test_a_lead_does_not(self, login, ana, organization):
        answer = login(ana).post(reverse(ADD), {"organization": organization.pk, **OWN})

        assert answer.status_code == 403
        assert not PrivacySetting.objects.exists()

    def test_nor_an_owner_for_others(self, owner):
        other = Organization.objects.create(name="Zenith", slug="zenith")

        owner.post(reverse(ADD), {"organization": other.pk, **OWN})

        assert not PrivacySetting.objects.exists()

    def test_the_page_says_what_is_wrong(self, owner, organization):
        page = owner.post(reverse(ADD), {"organization": organization.pk, **OWN, "k": 20})

        assert "at least as many people as scores" in page.content.decode()
