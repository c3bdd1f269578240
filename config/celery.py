"""The Celery application; its settings are the CELERY_* names in config/settings.py."""

import os
from typing import Any

import pghistory
from celery import Celery, Task
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class HistoryTask(Task):  # type: ignore[type-arg]
    """A task that changes something is named in the change history."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with pghistory.context(task=self.name):
            return super().__call__(*args, **kwargs)


app = Celery("plumbline", task_cls=HistoryTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()
