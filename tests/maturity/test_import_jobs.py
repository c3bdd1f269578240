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
