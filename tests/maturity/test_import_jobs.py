"""Uploads: checked, confirmed, stored; a worker that dies loses nothing."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from maturity import tasks
from maturity.errors import Conflict
from maturity.models import ImportJob, ImportRun, Unit
from maturity.services import import_jobs
from maturity.services.import_jobs import confirm_import, queue_import, work_off
from maturity.services.units import place_unit
from surveys.models import OutsideWave
from tests.sheets import csv_of

GOOD = csv_of(
    ("unit_key", "valid_from", "name", "parent_key"),
    ("core", "2026-01-01", "Core", ""),
    ("lost", "2026-01-01", "Lost", "nowhere"),
)
ADD = "/admin/maturity/importjob/add/"


@pytest.fixture
def job(organization, ana) -> ImportJob:
    return queue_import(organization, "units", name="units.csv", content=GOOD, by=ana)


def state(job):
    job.refresh_from_db()
    return job.state


def test_a_first_run_only_looks(job):
    assert work_off(job.pk)

    assert state(job) == "checked"
    assert (job.report["accepted"], job.report["quarantined"]) == (1, 1)
    assert job.report["errors"] == [
        {"line": 3, "column": "parent_key", "reason": "nowhere does not exist on 2026-01-01."}
    ]
    assert not Unit.objects.exists()
    assert not ImportRun.objects.exists()


def test_a_confirmed_one_is_stored_and_its_file_forgotten(job, ana):
    work_off(job.pk)

    confirm_import(job, by=ana)
    work_off(job.pk)

    assert state(job) == "stored"
    assert job.content is None
    assert (job.run.accepted, job.run.by) == (1, ana)
    assert Unit.objects.get().key == "core"


def test_a_file_that_is_refused_says_why_and_is_forgotten(organization, ana):
    job = queue_import(organization, "units", name="x.csv", content=b"a;b\n", by=ana)

    work_off(job.pk)

    assert (state(job), job.content) == ("refused", None)
    assert job.refusal.startswith("columns are missing")


def test_only_what_was_checked_can_be_confirmed_and_only_once(job, ana):
    with pytest.raises(Conflict):
        confirm_import(job, by=ana)
    work_off(job.pk)
    confirm_import(job, by=ana)

    with pytest.raises(Conflict):
        confirm_import(job, by=ana)


def test_a_running_one_is_taken_by_nobody_else_until_its_lease_runs_out(job):
    now = timezone.now()
    ImportJob.objects.claim(job.pk, at=now, until=now + import_jobs.LEASE)

    early = work_off(job.pk)
    ImportJob.objects.update(claimed_until=now - timedelta(seconds=1))
    late = work_off(job.pk)

    assert (early, late) == (False, True)
    assert state(job) == "checked"


def test_the_beat_hands_out_what_is_due(job, monkeypatch):
    handed = []
    monkeypatch.setattr(
        tasks.work_off_import, "apply_async", lambda args, **_options: handed.append(args)
    )

    tasks.work_off_imports()
    tasks.work_off_import(job.pk)
    tasks.work_off_imports()

    assert handed == [(job.pk,)]
    assert state(job) == "checked"


def test_what_nobody_confirms_is_forgotten_after_a_day(job):
    work_off(job.pk)

    assert import_jobs.forget_uploads(at=timezone.now()) == 0
    assert import_jobs.forget_uploads(at=timezone.now() + timedelta(days=2)) == 1

    assert (state(job), job.content) == ("refused", None)


class TestPages:
    @pytest.fixture
    def lead(self, login, ana):
        return login(ana)

    def _upload(self, lead, organization, content=GOOD, **more):
        file = SimpleUploadedFile("units.csv", content)
        data = {"organization": organization.pk, "format": "units", "file": file, **more}
        return lead.post(ADD, data, follow=True)

    def test_a_lead_uploads_looks_and_imports(self, lead, organization):
        page = self._upload(lead, organization)
        looked = page.content.decode()
        nothing_yet = Unit.objects.exists()
        job = ImportJob.objects.get()
        done = lead.post(reverse("admin:maturity_importjob_confirm", args=[job.pk]), follow=True)

        assert "nowhere does not exist on 2026-01-01." in looked
        assert '<dd data-count="accepted">1</dd>' in looked
        assert not nothing_yet
        assert "Stored" in done.content.decode()
        assert Unit.objects.get().key == "core"

    def test_a_large_file_waits_for_the_worker_and_the_page_looks_again(
        self, lead, organization, monkeypatch
    ):
        monkeypatch.setattr("maturity.admin.import_jobs.AT_ONCE_BYTES", 10)

        page = self._upload(lead, organization)

        assert page.headers["Refresh"] == "2"
        assert ImportJob.objects.get().state == "queued"

    def test_a_survey_that_somebody_else_ran_comes_with_its_groups(self, lead, organization):
        header = "round_key,respondent_key,item_key,value,is_na,group_keys,scale_min,scale_max\n"
        rows = [f"r1,p{n},fit,4,false,emea|new,1,5\n" for n in range(6)]
        bad = "r1,bo@acme.example,fit,9,false,emea,1,5\n"

        page = self._upload(
            lead,
            organization,
            (header + "".join(rows) + bad).encode(),
            format="survey_responses",
            groups="tags",
            eligible=SimpleUploadedFile(
                "eligible.csv", b"round_key,group_key,eligible\nr1,,8\nr1,emea,8\nr1,new,8\n"
            ),
        )
        nothing_yet = OutsideWave.objects.exists()
        job = ImportJob.objects.get()
        lead.post(reverse("admin:maturity_importjob_confirm", args=[job.pk]))

        text = page.content.decode()
        assert "lies outside its scale" in text
        assert "bo@acme.example" not in text
        assert not nothing_yet
        wave = OutsideWave.objects.get()
        assert (wave.shape, wave.groups.get(key="new").eligible) == ("tags", 8)
        job.refresh_from_db()
        assert (job.state, job.content, job.options) == ("stored", None, {})

    @pytest.mark.parametrize(
        ("name", "content"),
        [("eligible", b"\xff"), ("mapping", b"\x00"), ("eligible", b"x" * 1_000_001)],
    )
    def test_a_small_file_that_is_none_is_told_beside_its_field(
        self, lead, organization, name, content
    ):
        page = self._upload(lead, organization, **{name: SimpleUploadedFile("x", content)})

        assert "The file " in page.content.decode()
        assert not ImportJob.objects.exists()

    def test_options_of_another_format_are_refused(self, lead, organization):
        page = self._upload(lead, organization, groups="tags")

        assert "units takes no groups" in page.content.decode()

    def test_how_far_a_large_file_is_stands_on_its_page(self, lead, organization, job):
        ImportJob.objects.filter(pk=job.pk).update(
            state="running", claimed_until=timezone.now(), size=200, bytes_read=50
        )
        url = reverse("admin:maturity_importjob_change", args=[job.pk])

        read = lead.get(url)
        ImportJob.objects.filter(pk=job.pk).update(rows_read=1_000_000)
        stored = lead.get(url).content.decode()

        assert '<progress max="100" value="25"' in read.content.decode()
        assert "Comparing and storing 1000000 rows." in stored
        assert read.headers["Refresh"] == "2"

    def test_what_is_wrong_with_the_upload_is_told(self, lead, organization, monkeypatch):
        monkeypatch.setattr("maturity.admin.import_jobs.MAX_BYTES", 10)

        pages = [
            self._upload(lead, organization).content.decode(),
            self._upload(lead, organization, format="weather").content.decode(),
            lead.post(ADD, {"organization": organization.pk}).content.decode(),
        ]

        assert "larger than" in pages[0]
        assert "weather" in pages[1]
        assert not ImportJob.objects.exists()

    def test_a_lead_uploads_for_her_own_organisation_only(self, lead, organization, carl):
        other = carl.memberships.get().organization

        self._upload(lead, other)

        assert not ImportJob.objects.exists()

    @pytest.mark.parametrize("suffix", ["csv", "xlsx"])
    def test_an_export_is_a_file_to_keep(self, lead, organization, suffix):
        place_unit(
            organization,
            "core",
            name="Core",
            parent=None,
            valid_from=date(2026, 1, 1),
        )
        url = reverse("admin:maturity_importjob_export", args=[organization.pk, "units", suffix])

        response = lead.get(url)

        assert response.headers["Content-Disposition"] == (
            f'attachment; filename="acme-units.{suffix}"'
        )
        assert response.getvalue()

    def test_exports_are_for_those_who_may_edit(self, login, organization, vera, carl):
        url = reverse("admin:maturity_importjob_export", args=[organization.pk, "roster", "csv"])

        assert login(vera).get(url).status_code == 403
        assert login(carl).get(url).status_code == 404
        assert login(vera).get(url.replace("roster", "gates")).status_code == 403

    def test_what_cannot_be_exported_does_not_exist(self, lead, organization):
        for name, suffix in (("gates", "csv"), ("units", "pdf")):
            args = [organization.pk, name, suffix]
            assert (
                lead.get(reverse("admin:maturity_importjob_export", args=args)).status_code == 404
            )
