"""Names and titles are one line that a page can show, by whatever door they come."""

from datetime import date

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from maturity.models import Initiative, Organization, Unit
from maturity.models.lines import LineField
from maturity.services.initiatives import Plan, plan_initiative
from maturity.services.tenancy import create_organization
from maturity.services.units import place_unit

DAY = date(2026, 6, 1)
REFUSAL = "This holds a control character or a line break: write it in plain characters."


@pytest.mark.parametrize(
    "bad", ["\x07", "\x1b", "\x7f", "\n", "\x85", "\u2028", "\u202e", "\ufeff"]
)
class TestWhatNoPageCanShow:
    def test_no_organisation_is_called_so(self, db, bad):
        with pytest.raises(ValidationError) as refused:
            create_organization("acme", name=f"Ac{bad}me")

        assert refused.value.message_dict == {"name": [REFUSAL]}
        assert not Organization.objects.exists()

    def test_no_unit_is_called_so(self, organization, bad):
        with pytest.raises(ValidationError) as refused:
            place_unit(organization, "crm", name=f"C{bad}RM", parent=None, valid_from=DAY)

        assert refused.value.message_dict == {"name": [REFUSAL]}
        assert not Unit.objects.exists()

    def test_no_initiative_is_called_so(self, organization, bad):
        with pytest.raises(ValidationError) as refused:
            plan_initiative(organization, Plan(f"Fewer{bad}gates", start_on=DAY, due_on=DAY))

        assert refused.value.message_dict == {"title": [REFUSAL]}
        assert not Initiative.objects.exists()


@pytest.mark.parametrize("name", ["Kōbō 日本 GmbH", "👩‍🚀 Ltd", "O'Neill & Søn", "شركة"])
def test_what_people_write_is_kept_as_it_is(db, name):
    assert create_organization("acme", name=name).name == name


def test_every_name_that_a_report_may_show_is_such_a_line():
    lines = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, LineField)
    }

    assert lines >= {
        "Organization.name",
        "UnitVersion.name",
        "Person.name",
        "Initiative.title",
        "Series.title",
        "Wave.title",
        "ReportSchedule.name",
    }
