"""create_key: one key on standard output, or one line why not."""

import io
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from maturity.models import ApiKey
from maturity.services.keys import find_key
from tests.factories import OrganizationFactory


class TestCommand:
    def _run(self, *arguments: str) -> tuple[str, str]:
        out, err = io.StringIO(), io.StringIO()
        call_command("create_key", *arguments, stdout=out, stderr=err)
        return out.getvalue(), err.getvalue()

    def test_standard_output_is_the_key_alone(self, organization):
        other = OrganizationFactory(slug="beta")

        out, err = self._run(
            "acme", "beta", "--scope", "feed:read", "--scope", "findings:read", "--name", "BI"
        )

        key = find_key(out.removesuffix("\n"), at=timezone.now())
        assert key is not None
        assert (key.name, key.scopes) == ("BI", ["feed:read", "findings:read"])
        assert set(key.organizations.all()) == {organization, other}
        assert key.expires_at is None
        assert "acme, beta" in err

    def test_it_works_through_its_last_day(self, organization):
        self._run("acme", "--scope", "feed:read", "--expires", "2999-12-31")

        assert ApiKey.objects.get().expires_at == datetime(3000, 1, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nobody", "--scope", "feed:read"], "Unknown organisation nobody."),
            (
                ["acme", "--scope", "feed:write"],
                f"Unknown scope feed:write; there are: {', '.join(ApiKey.Scope.values)}.",
            ),
            (
                ["acme", "--scope", "feed:read", "--expires", "soon"],
                "--expires: write the date like 2026-12-31.",
            ),
            (
                ["acme", "--scope", "feed:read", "--expires", "9999-12-31"],
                "--expires: write the date like 2026-12-31.",
            ),
            (
                ["acme", "--scope", "feed:read", "--expires", "2020-01-01"],
                "--expires: this day is over.",
            ),
        ],
    )
    def test_a_refusal_is_one_line_and_stores_nothing(self, organization, arguments, message):
        with pytest.raises(CommandError) as refusal:
            self._run(*arguments)

        assert str(refusal.value) == message
        assert refusal.value.returncode == 2
        assert not ApiKey.objects.exists()

    def test_a_long_name_is_refused(self, organization):
        with pytest.raises(CommandError, match="at most 100 characters"):
            self._run("acme", "--scope", "feed:read", "--name", "x" * 101)
