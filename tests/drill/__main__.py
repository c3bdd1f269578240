"""`make drill`: break the running product on purpose and count what came of it.

Now: the worker is killed with -9 at random moments while it mails a wave. Everybody must get the
mail; twice only if a kill fell inside the SMTP call, and then with the same Message-ID.
"""

import os
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["LOG_LEVEL"] = "WARNING"

import django

django.setup()

from django.core.management import call_command

from maturity.models import Organization
from maturity.services.people import place_person
from maturity.services.tenancy import create_organization
from surveys.banks import SHIPPED, load_bank
from surveys.models import Wave
from surveys.services.banks import publish_bank
from surveys.services.waves import create_wave, open_wave
from tests.surveys.smtp_sink import SmtpSink
from tests.worker import running_worker

PEOPLE = 400
KILLS = 5
LEASE_SECONDS = 2
PATIENCE_SECONDS = 90


def main() -> int:
    call_command("migrate", verbosity=0)
    publish_bank(load_bank(SHIPPED[0]))
    organization = create_organization("drill", name="Drill")
    _fill(organization)
    wave = open_wave(create_wave(organization, title="Drill"))
    seed = random.Random()
    with SmtpSink() as sink, tempfile.TemporaryDirectory() as folder:
        for kill in range(KILLS):
            with _worker(sink, Path(folder)) as worker:
                time.sleep(seed.uniform(0.2, 1.5))
                worker.kill()
            print(f"kill {kill + 1} of {KILLS} after {len(sink.mails)} mails", flush=True)
        with _worker(sink, Path(folder)):
            _wait(wave)
        return _report(sink)


def _fill(organization: Organization) -> None:
    hired = datetime.now(UTC).date() - timedelta(days=100)
    for number in range(PEOPLE):
        place_person(organization, f"pm{number}@drill.example", role="pm", valid_from=hired)


def _worker(sink: SmtpSink, folder: Path):
    return running_worker(
        folder / "worker.log",
        beat=True,
        EMAIL_URL=f"smtp://127.0.0.1:{sink.port}",
        MESSAGE_LEASE_SECONDS=str(LEASE_SECONDS),
    )


def _wait(wave: Wave) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while wave.messages.filter(state="waiting").exists() and time.monotonic() < deadline:
        time.sleep(0.5)


def _report(sink: SmtpSink) -> int:
    reached = set(sink.recipients)
    twice = [key for key, count in sink.copies.items() if count > 1]
    strangers = len(sink.mails) - len(reached) - sum(sink.copies[key] - 1 for key in twice)
    print(f"{len(reached)} of {PEOPLE} people were mailed, {len(twice)} of them more than once")
    print(f"mails that repeat a person under another Message-ID: {strangers}")
    return 0 if len(reached) == PEOPLE and strangers == 0 and len(twice) <= KILLS else 1


sys.exit(main())
