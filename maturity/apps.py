from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MaturityConfig(AppConfig):
    """The domain, and the tenancy everything stands on."""

    name = "maturity"
    verbose_name = _("Maturity")

    def ready(self) -> None:
        # drf-spectacular finds authentication extensions by their import.
        import maturity.api.schema  # noqa: F401, PLC0415
