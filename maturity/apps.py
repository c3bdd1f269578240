from django.apps import AppConfig


class MaturityConfig(AppConfig):
    """The domain, and the tenancy everything stands on."""

    name = "maturity"
    verbose_name = "Maturity"

    def ready(self) -> None:
        # drf-spectacular finds authentication extensions by their import.
        import maturity.api.schema  # noqa: F401, PLC0415
