from typing import Any

from django.core.management.base import BaseCommand

from reports.services.demo import create_demo


class Command(BaseCommand):
    help = (
        "Create the demo organisations. Idempotent: where they are, only a survey link is made; "
        "password and key were shown once."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        demo = create_demo()
        lines = {
            "Login": demo.login,
            "Password": demo.password,
            "API key": demo.api_key,
            "Survey link": demo.survey_link,
        }
        for name, value in lines.items():
            if value is not None:
                self.stdout.write(f"{name}: {value}")
