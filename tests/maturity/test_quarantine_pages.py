"""The rows that an import set aside: on a page, and as a file for who brought them."""

import io

import pytest

from maturity.models import ImportRun
from maturity.services.imports import import_file

HOLIDAYS = "day,name\nsoon,=HYPERLINK(1)\n2026-12-25,Christmas\n2026-13-01,x\n"
ANSWERS = (
    "round_key,respondent_key,item_key,value,is_na,group_keys,scale_min,scale_max\n"
    "r1,bo@acme.example,fit,9,false,emea,1,5\n"
)


def bring(organization, name, text) -> ImportRun:
    import_file(organization, name, io.BytesIO(text.encode()), name=f"{name}.csv")
    return ImportRun.objects.latest("pk")


def address(run):
    return f"/admin/maturity/importrun/{run.pk}/set-aside.csv"


def test_it_names_line_column_and_reason_and_runs_in_no_spreadsheet(login, ana, organization):
    run = bring(organization, "holidays", HOLIDAYS)
    client = login(ana)

    page = client.get(f"/admin/maturity/importrun/{run.pk}/change/").content.decode()
    response = client.get(address(run))

    assert address(run) in page
    assert response["Content-Disposition"] == (
        f'attachment; filename="acme-holidays-{run.pk}-set-aside.csv"'
    )
    assert b"".join(response.streaming_content).decode() == (
        "line,column,reason,raw\n"
        '2,day,"is not a date, write it like 2026-03-31 (found \'soon\')","soon,=HYPERLINK(1)"\n'
        "4,day,is a date that does not exist (found '2026-13-01'),\"2026-13-01,x\"\n"
    )


def test_a_cell_that_would_run_is_text(login, ana, organization):
    run = bring(organization, "holidays", "day,name\n=1+1,x\n")

    assert ',"\'=1+1,x"\n' in b"".join(login(ana).get(address(run)).streaming_content).decode()


def test_what_people_said_in_surveys_is_never_in_it(login, ana, organization):
    run = bring(organization, "survey_responses", ANSWERS)

    text = b"".join(login(ana).get(address(run)).streaming_content).decode()

    assert text == "line,column,reason,raw\n2,value,lies outside its scale,\n"


def test_viewers_are_refused_and_outsiders_find_nothing(login, vera, carl, client, organization):
    run = bring(organization, "holidays", HOLIDAYS)

    assert login(vera).get(address(run)).status_code == 403
    assert login(carl).get(address(run)).status_code == 404
    assert client.get(address(run)).status_code == 302


@pytest.mark.parametrize("pk", [0, 987654, 10**30])
def test_what_is_not_there_is_404(login, ana, organization, pk):
    found = login(ana).get(f"/admin/maturity/importrun/{pk}/set-aside.csv")

    assert found.status_code == 404
