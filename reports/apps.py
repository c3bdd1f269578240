from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    """Telling people: pages, exports and the BI feed."""

    name = "reports"
    verbose_name = _("Reports")
