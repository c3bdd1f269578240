"""A new organisation, as whoever sets one up types it."""

import zoneinfo
from typing import Any
from unicodedata import normalize

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

# As start.js writes them; other accents are left out.
SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o"})


def time_zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


class FirstOrganizationForm(forms.Form):
    """Name, slug and time zone; a slug that is left empty is made from the name."""

    name = forms.CharField(label=_("Name"), max_length=200)
    slug = forms.SlugField(
        label=_("Slug"),
        max_length=60,
        required=False,
        help_text=_("Part of its addresses and of the API. It never changes."),
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zones,
        initial="UTC",
        help_text=_("Its days and months end by this clock."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("name") and not cleaned.get("slug") and "slug" not in self.errors:
            name = normalize("NFC", cleaned["name"]).lower().translate(SPELT)
            cleaned["slug"] = slugify(name)[:60].strip("-")
            if not cleaned["slug"]:
                raise ValidationError(
                    {"slug": _("Nothing of this name can stand in an address: choose a slug.")}
                )
        return cleaned
