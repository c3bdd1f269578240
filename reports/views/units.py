"""The unit that an address names."""

from django.core.exceptions import BadRequest

from maturity.models import Organization, Unit


def unit_named(tenant: Organization, key: str) -> Unit | None:
    """None where the address names none; BadRequest where the organisation has none such."""
    if not key:
        return None
    found: Unit | None = Unit.objects.for_organization(tenant).filter(key=key).first()
    if found is None:
        raise BadRequest("unit: there is none with this key")
    return found
