from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from maturity.errors import DomainError
from maturity.services.rubrics import organizations_without_rubric, retire_rubric


class Command(BaseCommand):
    help = "Take a rubric version out of force; assessments made against it stay. Idempotent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", metavar="KEY")
        parser.add_argument("version_number", metavar="VERSION")

    def handle(self, *args: Any, key: str, version_number: str, **options: Any) -> None:
        try:
            rubric = retire_rubric(key, version_number)
        except DomainError as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(
            _("%(rubric)s is retired. To use it again, publish its content under a higher version.")
            % {"rubric": rubric}
        )
        if stranded := organizations_without_rubric(rubric):
            self.stderr.write(
                _("%(count)s organisations have no rubric in force now; choose another for them.")
                % {"count": stranded}
            )
