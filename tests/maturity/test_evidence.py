"""Evidence: a noun that scores share, uploads checked by content, handed out as attachments."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from maturity.errors import UnsafeUpload
from maturity.models import Evidence, EvidenceFile, ScoreEvidence
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.evidence import NewEvidence, add_evidence
from tests.factories import EvidenceFactory, EvidenceFileFactory

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 24
TODAY = datetime.now(UTC).date()


def office(folder: str, *more: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("[Content_Types].xml", f"{folder}/main.xml", *more):
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


def upload(organization, name: str, content: bytes) -> Evidence:
    new = NewEvidence("document", TODAY, upload=SimpleUploadedFile(name, content))
    return add_evidence(organization, new, by=None)


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", b"%PDF-1.7\n%...", "application/pdf"),
        ("a.png", PNG, "image/png"),
        ("a.csv", b"a,b\n1,2\n", "text/csv"),
        ("a.md", "# Grüße".encode(), "text/plain"),
        (
            "a.xlsx",
            office("xl"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    ],
)
def test_an_upload_is_kept_as_what_it_is(organization, name, content, media_type):
    file = upload(organization, name, content).file

    assert (file.name, file.media_type, file.size) == (name, media_type, len(content))
    assert bytes(EvidenceFile.objects.get().content) == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", b"<html><script>alert(1)</script>"),
        ("a.txt", b"<html><script>alert(1)</script>"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("a.pdf", b"MZ\x90\0"),
        ("a.png", b"%PDF-1.7\n"),
        ("a.exe", b"MZ\x90\0"),
        ("a.txt", b"\xff\xfe\0"),
        ("a.docx", office("xl")),
        ("a.xlsx", office("xl", "xl/vbaProject.bin")),
        ("a.xlsx", b"PK\x03\x04" + b"\0" * 40),
        ("a.pdf", b""),
        ("pdf", b"%PDF-1.7\n"),
    ],
)
def test_what_is_not_what_its_name_says_is_refused(organization, name, content):
    with pytest.raises(UnsafeUpload):
        upload(organization, name, content)

    assert not Evidence.objects.exists()


def test_an_upload_that_is_too_large_is_refused(organization, settings):
    settings.EVIDENCE_MAX_BYTES = 10

    with pytest.raises(UnsafeUpload):
        upload(organization, "a.csv", b"a,b\n" * 3)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"link": ""}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"kind": "rumour"}, "kind"),
        ({"observed_on": TODAY + timedelta(days=2)}, "observed_on"),
        ({"review_by": TODAY - timedelta(days=400)}, "review_by"),
    ],
)
def test_impossible_evidence_names_the_field(organization, fields, named):
    given = {"kind": "link", "observed_on": TODAY, "link": "https://wiki.example/e"} | fields

    with pytest.raises(ValidationError) as refused:
        add_evidence(organization, NewEvidence(**given), by=None)

    assert list(refused.value.message_dict) == [named]


class TestScores:
    def _record(self, organization, rubric, level, evidence):
        return record_assessment(
            organization,
            rubric=rubric,
            valid_from=date(2026, 1, 1),
            scores=[
                NewScore(c, "assessed", level, evidence=evidence) for c in rubric.capabilities.all()
            ],
            by=None,
        )

    @pytest.mark.parametrize(
        ("kind", "age", "level", "effective"),
        [
            ("link", 1, 3, 3),
            ("link", 366, 3, 2),
            ("link", 1, 4, 2),
            ("metric", 1, 4, 4),
            ("metric", 181, 4, 2),
        ],
    )
    def test_several_scores_share_evidence_and_it_decides_what_counts(
        self, organization, rubric, kind, age, level, effective
    ):
        evidence = EvidenceFactory(
            organization=organization, kind=kind, observed_on=TODAY - timedelta(days=age)
        )

        scores = self._record(organization, rubric, level, [evidence]).scores.all()

        assert {(row.level, row.effective_level) for row in scores} == {(level, effective)}
        assert evidence.score_links.count() == 18

    def test_one_good_piece_among_others_is_enough(self, organization, rubric):
        pieces = [
            EvidenceFactory(organization=organization, kind="metric", observed_on=day)
            for day in (TODAY - timedelta(days=300), TODAY - timedelta(days=10))
        ]

        row = self._record(organization, rubric, 4, pieces).scores.first()

        assert (row.effective_level, row.evidence_date) == (4, pieces[1].observed_on)

    def test_evidence_of_another_organisation_is_refused(self, organization, rubric):
        with pytest.raises(ValidationError, match="another organisation"):
            self._record(organization, rubric, 3, [EvidenceFactory()])

    def test_the_database_refuses_to_add_evidence_later(self, organization, rubric):
        row = self._record(organization, rubric, 2, []).scores.first()

        with (
            pytest.raises(IntegrityError, match="was fixed when it was recorded"),
            transaction.atomic(),
        ):
            ScoreEvidence.objects.create(
                organization=organization,
                score=row,
                evidence=EvidenceFactory(organization=organization),
            )

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE maturity_evidence SET observed_on = '2020-01-01'",
            "DELETE FROM maturity_evidencefile",
            "UPDATE maturity_evidencefile SET content = ''",
        ],
    )
    def test_the_database_refuses_to_change_it(self, organization, statement):
        EvidenceFactory(organization=organization)
        EvidenceFileFactory(organization=organization)

        with (
            pytest.raises(IntegrityError, match="never changes"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


class TestDownload:
    def _url(self, file) -> str:
        return reverse("maturity:evidence_file", args=[file.organization.slug, file.pk])

    def test_a_member_saves_it_and_no_browser_shows_it(self, organization, vera, login):
        file = EvidenceFileFactory(organization=organization)

        response = login(vera).get(self._url(file))

        assert response.content == b"a,b\n1,2\n"
        assert response["Content-Disposition"] == 'attachment; filename="viewers.csv"'
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"

    def test_an_outsider_does_not_find_it(self, organization, carl, login):
        assert login(carl).get(self._url(EvidenceFileFactory())).status_code == 404
        own = reverse(
            "maturity:evidence_file",
            args=["other", EvidenceFileFactory(organization=organization).pk],
        )
        assert login(carl).get(own).status_code == 404

    def test_anonymous_is_sent_to_log_in(self, client, db):
        assert client.get(self._url(EvidenceFileFactory())).status_code == 302
