"""The files of a board report: the same bytes for ever, whatever stands in its texts."""

import hashlib

import pytest

from reports.exporters.board import board_csv, board_pdf

# A report as it was frozen by the first version of all.
FIRST = {
    "language": "en",
    "organization": "Acme",
    "title": "Product operations at Acme",
    "subtitle": "Board report",
    "stand": "As of 1 June 2026, as known at 2 June 2026, 10:00 a.m.",
    "as_of": "2026-06-01",
    "known_at": "2026-06-02T08:00:00+00:00",
    "made": {"year": 2026, "month": 6, "day": 1},
    "summary": ["1 of 2 areas are at their target."],
    "words": {
        "profile": "Maturity by area",
        "area": "Area",
        "level": "Level",
        "before": "Assessment before",
        "target": "Target",
        "coverage": "Assessed",
    },
    "areas": [
        {
            "name": "Analytics",
            "step": 2,
            "level": "2 Emerging",
            "before": "1",
            "target": 3,
            "coverage": "3/3",
        },
        {
            "name": "Learning",
            "step": None,
            "level": "incomplete",
            "before": "–",
            "target": 3,
            "coverage": "0/3",
        },
    ],
    "profile_note": "1 capability was claimed higher than its evidence allows.",
    "sections": [
        {
            "title": "Pitfalls",
            "head": ["Pitfall", "State", "Evidence"],
            "rows": [["Gatekeeper", "Raised (high)", "PMs wait four days."]],
            "empty": "Not judged yet.",
            "wide": 2,
            "note": "",
        },
        {
            "title": "What PMs say",
            "head": ["Question", "Favourable"],
            "rows": [],
            "empty": "No survey was released yet.",
            "wide": 0,
            "note": "A note.",
        },
    ],
}


def pdf(snapshot):
    return board_pdf(snapshot, colour="#0b5c6b", logo=None, mark="Plumbline · 2026-06-01")


def test_the_first_reports_are_the_files_they_were():
    # By the typst that is pinned; another one may set type differently.
    digests = [hashlib.sha256(each).hexdigest() for each in (pdf(FIRST), *board_csv(FIRST))]

    assert digests == [
        "a13a299ca8e509da8df3adcfd22a6a1481a7e42fe4baa4af57a8919a20e1b671",
        "a4a76e5ff8f0743e7a7952f3381b091f6901bbb41a570b1e268e1729ca8b2e29",
    ]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Kōbō 日本 GmbH", "Kōbō □□ GmbH"),
        ("Rocket 🚀 GmbH", "Rocket □ GmbH"),
        ("Bell \x07 and zero \x00", "Bell □ and zero □"),
        ("Flag 🇩🇪", "Flag □□"),
        ("Ringed a\u20dd, Alpha", "Ringed a□, Alpha"),
        ("Marked \ufeffAcme", "Marked □Acme"),
        ("Backslash \\u0007 \x07", "Backslash \\u0007 □"),
    ],
)
def test_what_no_font_can_show_is_a_box_and_the_report_comes_out(text, printed):
    said = FIRST | {"organization": text, "title": text, "summary": [text]}
    boxed = FIRST | {"organization": printed, "title": printed, "summary": [printed]}

    assert pdf(said) == pdf(boxed)
    assert pdf(said) == pdf(said)


def test_what_the_fonts_can_show_stays_as_it_is():
    plain = pdf(FIRST | {"summary": ["Łódź, Ελλάδα, Київ, ₿ → ✓, □"]})

    assert plain != pdf(FIRST | {"summary": ["□□□□, □□□□□□, □□□□, □ □ □, □"]})


def test_the_figures_keep_the_text_that_a_page_cannot_show():
    area = FIRST["areas"][0] | {"name": "日本 🚀"}

    text = b"".join(board_csv(FIRST | {"areas": [area]})).decode()

    assert "日本 🚀" in text
