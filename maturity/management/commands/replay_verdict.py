import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from maturity.models import Evaluation
from maturity.services.replays import replay_evaluation


class Command(BaseCommand):
    help = (
        "Replay a stored evaluation from its input snapshot with its own thresholds. Exits 0 when "
        "inputs and verdicts come out equal, 3 when they do not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", metavar="ORG")
        parser.add_argument("evaluation", metavar="ID", type=int, nargs="?", help="default: newest")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Evaluation.objects.filter(organization__slug=options["organization"])
        if options["evaluation"] is not None:
            rows = rows.filter(pk=options["evaluation"])
        evaluation = rows.select_related("organization").order_by("-period_end", "-pk").first()
        if evaluation is None:
            raise CommandError("There is no such evaluation.", returncode=2)
        replay = replay_evaluation(evaluation)
        if replay is None:
            version = evaluation.thresholds_version
            raise CommandError(f"The thresholds {version} are not known here.", returncode=2)
        answer = {
            "evaluation": evaluation.pk,
            "period_end": evaluation.period_end.isoformat(),
            "thresholds_version": evaluation.thresholds_version,
            "stored_digest": evaluation.facts_digest,
            "replayed_digest": replay.digest,
            "same_inputs": replay.same_inputs,
            "differing": list(replay.differing),
        }
        if options["json"]:
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            for name, value in answer.items():
                self.stdout.write(f"{name}: {value}")
        if not replay.equal:
            raise CommandError("The replay differs from what is stored.", returncode=3)
