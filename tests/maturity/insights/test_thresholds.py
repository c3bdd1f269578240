from pathlib import Path

import pytest
import yaml

from maturity.insights import thresholds
from maturity.insights.thresholds import V1, load_thresholds

FILE = Path(thresholds.__file__).with_name("thresholds_v1.yaml")


@pytest.fixture
def sections():
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def test_every_number_names_its_source(sections):
    numbers = {
        f"{section}.{name}"
        for section, rules in sections.items()
        if section != "version"
        for name in rules
    }

    assert set(V1.sources) == numbers
    assert all(V1.sources.values())
    assert V1.version == "1"


def test_our_own_conventions_say_so():
    assert V1.sources["gatekeeper.t6_share_enter"].startswith("[C] our convention")


def test_enter_and_exit_lie_at_least_a_fifth_apart():
    t, u, e = V1.gatekeeper, V1.unused_tools, V1.too_early

    assert t.t1_half_exit <= 0.8 * t.t1_half_enter
    assert t.t1_tail_exit <= 0.8 * t.t1_tail_enter
    assert t.t3_load_exit <= 0.8 * t.t3_load_enter
    assert t.t5_ratio_exit <= 0.8 * t.t5_ratio_enter
    assert t.t6_share_exit <= 0.8 * t.t6_share_enter
    assert u.red_exit >= 1.2 * u.red_enter
    assert u.amber_exit >= 1.2 * u.amber_enter
    assert e.e1_pms_exit >= 1.2 * e.e1_pms_enter
    assert e.e3_ratio_exit >= 1.2 * e.e3_ratio_enter


def test_unknown_keys_are_refused(sections):
    sections["gatekeeper"]["t7"] = {"value": 1, "source": "nowhere"}

    with pytest.raises(ValueError, match="t7"):
        load_thresholds(yaml.safe_dump(sections))


def test_unknown_sections_are_refused(sections):
    sections["extra"] = {}

    with pytest.raises(ValueError, match="extra"):
        load_thresholds(yaml.safe_dump(sections))


@pytest.mark.parametrize("number", [5, {"value": 5}, {"value": 5, "source": " "}])
def test_numbers_without_a_source_are_refused(sections, number):
    sections["survey"]["n_min"] = number

    with pytest.raises(ValueError, match="n_min"):
        load_thresholds(yaml.safe_dump(sections))


@pytest.mark.parametrize("text", ["[]", "sources: {}"])
def test_a_file_that_is_no_threshold_file_is_refused(text):
    with pytest.raises(ValueError, match="maps sections"):
        load_thresholds(text)
