"""Clients of the API, each with a key of its own."""

from django.test import Client

from maturity.models import Organization
from maturity.services.keys import create_key


def client_with_key(*organizations: Organization, scopes: list[str]) -> Client:
    _key, secret = create_key(organizations, scopes=scopes)
    return Client(headers={"authorization": f"Bearer {secret}"})
