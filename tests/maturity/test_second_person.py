"""Pages where a second person answers: validate or send back, approve an exemption; targets."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from maturity.models import (
    Assessment,
    AssessmentDraft,
    Exemption,
    ExemptionDecision,
    Membership,
    Target,
)
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.exemptions import request_exemption
from maturity.services.people import place_person
from tests.factories import MembershipFactory, UserFactory

DAY = date(2026, 1, 1)


@pytest.fixture
def bea(organization):
    """A second ops lead, who wrote nothing."""
    user = UserFactory(email="bea@acme.example", name="Bea")
    MembershipFactory(organization=organization, user=user, role=Membership.Role.OPS_LEAD)
    return user


@pytest.fixture
def olga(organization):
    """Owner of the organisation: outside product ops."""
    user = UserFactory(email="olga@acme.example", name="Olga")
    MembershipFactory(organization=organization, user=user, role=Membership.Role.OWNER)
    return user


class TestValidation:
    @pytest.fixture
    def assessment(self, organization, rubric, ana) -> Assessment:
        scores = [NewScore(c, "assessed", 4) for c in rubric.capabilities.all()]
        return record_assessment(organization, rubric=rubric, valid_from=DAY, scores=scores, by=ana)

    @pytest.fixture
    def page(self, assessment):
        return reverse("admin:maturity_assessment_validate", args=[assessment.pk])

    def refused(self, client, page) -> str:
        """What the page said before, having refused on POST all the same."""
        shown = client.get(page).content.decode()
        answer = client.post(page)
        assert answer.status_code == 409
        assert "data-validate" not in shown
        assert Assessment.objects.get().status == "submitted"
        return shown

    def test_its_author_is_told_why_not(self, login, ana, page):
        assert "validated by somebody who wrote none of it." in self.refused(login(ana), page)

    def test_who_works_in_product_ops_is_told_why_not(self, login, organization, olga, page):
        place_person(organization, olga.email, role="product_ops", valid_from=DAY)

        assert "validated by somebody outside product ops." in self.refused(login(olga), page)

    def test_a_lead_without_a_place_is_told_what_would_change_it(self, login, bea, page):
        shown = self.refused(login(bea), page)

        assert "An ops lead without a place counts as product operations." in shown

    @pytest.mark.parametrize("name", ["olga", "bea"])
    def test_who_works_elsewhere_validates(self, login, organization, request, name, page):
        outsider = request.getfixturevalue(name)
        place_person(organization, outsider.email, role="partner", valid_from=DAY)
        client = login(outsider)

        shown = client.get(page).content.decode()
        answer = client.post(page)

        assert "data-validate" in shown
        assert "data-obstacle" not in shown
        assert answer.status_code == 302
        assert Assessment.objects.get().validations.get().validated_by == outsider
        assert client.post(page).status_code == 409  # once is enough

    def test_sent_back_it_is_a_draft_of_its_author_with_the_reason(
        self, login, bea, ana, assessment
    ):
        page = reverse("admin:maturity_assessment_refuse", args=[assessment.pk])
        client = login(bea)

        empty = client.post(page, {"reason": " "})
        answer = client.post(page, {"reason": "Of another team."})

        draft = AssessmentDraft.objects.get()
        assert empty.status_code == 200
        assert "This field is required." in empty.content.decode()
        assert answer.status_code == 302
        assert (draft.author, draft.refused, draft.refusal) == (ana, assessment, "Of another team.")

    @pytest.mark.parametrize("name", ["validate", "refuse"])
    def test_viewers_and_outsiders_change_nothing(self, login, vera, carl, assessment, name):
        page = reverse(f"admin:maturity_assessment_{name}", args=[assessment.pk])

        answers = [login(user).post(page, {"reason": "x"}).status_code for user in (vera, carl)]

        assert answers == [403, 404]
        assert Assessment.objects.get().status == "submitted"


class TestExemptions:
    @pytest.fixture
    def exemption(self, organization, rubric, ana) -> Exemption:
        return request_exemption(
            organization,
            capability=rubric.capabilities.get(key="event_taxonomy"),
            reason="No events are sent.",
            ends_on=timezone.localdate() + timedelta(days=90),
            by=ana,
        )

    @pytest.fixture
    def page(self, exemption):
        return reverse("admin:maturity_exemption_decide", args=[exemption.pk])

    def test_a_lead_asks_for_one_on_the_page(self, login, organization, rubric, ana):
        ends_on = timezone.localdate() + timedelta(days=30)
        asked = {
            "organization": organization.pk,
            "unit": "",
            "capability": rubric.capabilities.get(key="event_taxonomy").pk,
            "ends_on": ends_on.isoformat(),
            "reason": "No events are sent.",
        }

        answer = login(ana).post(reverse("admin:maturity_exemption_add"), asked)

        exemption = Exemption.objects.get()
        assert answer.url == reverse("admin:maturity_exemption_change", args=[exemption.pk])
        assert (exemption.requested_by, exemption.ends_on) == (ana, ends_on)

    def test_who_asked_does_not_approve_it(self, login, ana, page):
        answer = login(ana).post(page, {"verdict": "approved", "reason": "Mine."})

        shown = answer.content.decode()
        assert "An exemption is approved by another person than who asked." in shown
        assert "Mine." in shown
        assert not ExemptionDecision.objects.exists()

    def test_another_lead_approves_it_and_the_page_says_who(self, login, bea, page, exemption):
        answer = login(bea).post(page, {"verdict": "approved", "reason": ""}, follow=True)

        decision = exemption.decisions.get()
        assert (decision.verdict, decision.decided_by) == ("approved", bea)
        assert "Approved by Bea on" in answer.content.decode()

    def test_a_refusal_without_a_reason_names_the_field(self, login, bea, page):
        answer = login(bea).post(page, {"verdict": "refused", "reason": " "})

        assert answer.context["form"].errors == {"reason": ["Say why it is refused."]}
        assert not ExemptionDecision.objects.exists()

    def test_viewers_and_outsiders_decide_nothing(self, login, vera, carl, page):
        given = {"verdict": "approved", "reason": ""}

        answers = [login(user).post(page, given).status_code for user in (vera, carl)]

        assert answers == [403, 404]
        assert not ExemptionDecision.objects.exists()


class TestTargets:
    @pytest.fixture
    def given(self, organization, rubric):
        return {
            "organization": organization.pk,
            "unit": "",
            "capability": rubric.capabilities.get(key="event_taxonomy").pk,
            "level": "4",
            "due_on": (timezone.localdate() + timedelta(days=90)).isoformat(),
            "owner": "Olga",
            "reason": "Every team decides on it.",
        }

    def test_a_target_is_set_raised_and_taken_back_and_all_of_it_stays(self, login, ana, given):
        client, page = login(ana), reverse("admin:maturity_target_add")

        answer = client.post(page, given)
        client.post(page, {**given, "level": "5"})
        client.post(page, {**given, "level": "", "due_on": ""})

        first, *_later = targets = Target.objects.order_by("recorded_at")
        assert answer.url == reverse("admin:maturity_target_change", args=[first.pk])
        assert [target.level for target in targets] == [4, 5, None]
        assert (first.owner, first.reason, first.recorded_by) == (
            "Olga",
            "Every team decides on it.",
            ana,
        )

    @pytest.mark.parametrize(
        ("name", "value"),
        [("level", "6"), ("level", "x"), ("due_on", "2020-02-30"), ("due_on", "2020-01-01"),
         ("reason", " "), ("capability", "0"), ("capability", "\0"), ("unit", "9" * 30)],
    )  # fmt: skip
    def test_what_cannot_be_names_its_field_and_sets_nothing(self, login, ana, given, name, value):
        answer = login(ana).post(reverse("admin:maturity_target_add"), {**given, name: value})

        assert list(answer.context["form"].errors) == [name]
        assert not Target.objects.exists()

    def test_its_form_asks_why_once(self, login, ana):
        page = login(ana).get(reverse("admin:maturity_target_add")).content.decode()

        assert 'name="reason"' in page
        assert 'name="_reason"' not in page

    def test_a_viewer_sets_none(self, login, vera, given):
        answer = login(vera).post(reverse("admin:maturity_target_add"), given)

        assert answer.status_code == 403
        assert not Target.objects.exists()
