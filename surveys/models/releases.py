"""What may be read of a wave: cells that the privacy gate let through, frozen at closing."""

import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet
from maturity.models.captures import captured, concerns
from maturity.models.immutability import append_only
from surveys.models.outside import OutsideWave
from surveys.models.waves import Wave

FIGURES = (
    "n",
    "eligible",
    "not_applicable",
    "favourable",
    "low",
    "high",
    "exact_low",
    "exact_high",
    "worst",
    "best",
    "mean",
    "mean_low",
    "mean_high",
    "median",
    "enps",
    "enps_low",
    "enps_high",
    "distribution",
    "alpha",
    "tau",
)


class Release(models.Model):
    """One publication of a wave. Fewer than k responses: `responded` and all below it are NULL.

    Of a wave of our own it is about its PMs; of an outside one about everybody, and `eligible`
    is known only where somebody said so. `responded` counts the responses that answered at
    least half of the rating items; `straightlining` is the share of them that gave one and the
    same rating throughout.
    """

    class Band(models.TextChoices):
        GOOD = "good", _("good")
        USABLE = "usable", _("usable")
        DIRECTIONAL = "directional", _("directional")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    wave = models.ForeignKey(
        Wave, models.CASCADE, related_name="releases", null=True, db_index=False
    )
    outside = models.ForeignKey(
        OutsideWave, models.CASCADE, related_name="releases", null=True, db_index=False
    )
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    released_at = models.DateTimeField(_("released at"))
    eligible = models.PositiveIntegerField(_("people asked"), null=True)
    responded = models.PositiveIntegerField(_("answered"), null=True)
    response_rate = models.FloatField(_("response rate"), null=True)
    band = models.CharField(  # noqa: DJ001
        _("response"), max_length=11, choices=Band, null=True
    )
    straightlining = models.FloatField(_("straight-lining share"), null=True)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ["-released_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["wave", "version"], name="release_version_unique"),
            models.UniqueConstraint(
                fields=["outside", "version"], name="release_outside_version_unique"
            ),
            models.CheckConstraint(
                condition=Q(wave__isnull=False, outside=None, eligible__isnull=False)
                | Q(wave=None, outside__isnull=False),
                name="release_of_one_survey",
            ),
            models.CheckConstraint(
                condition=Q(responded=None, response_rate=None, band=None, straightlining=None)
                | Q(
                    wave__isnull=False,
                    responded__isnull=False,
                    responded__lte=F("eligible"),
                    response_rate__gte=0,
                    response_rate__lte=1,
                    band__in=["good", "usable", "directional"],
                )
                | Q(
                    outside__isnull=False,
                    responded__isnull=False,
                    eligible=None,
                    response_rate=None,
                    band=None,
                    straightlining=None,
                )
                | Q(
                    outside__isnull=False,
                    responded__lte=F("eligible"),
                    response_rate__gte=0,
                    response_rate__lte=1,
                    band=None,
                    straightlining=None,
                ),
                name="release_figures_all_or_none",
            ),
        ]
        indexes = [
            # The newest release of an organisation: selectors.latest_released_wave().
            models.Index(fields=["organization", "-released_at"], name="release_newest"),
        ]
        triggers = [
            *append_only("release_append_only"),
            *concerns("survey_waves", column="wave_id"),
        ]

    def __str__(self) -> str:
        return f"{self.wave_id or self.outside_id} v{self.version}"


class ReleasedCell(models.Model):
    """One item, or one area's index, of one group in one release.

    Shares are fractions after reversal, intervals 95 %: `low` and `high` are Wilson with
    finite population, `exact_…` hypergeometric (up to 60 people), `worst` and `best` what the
    silent could make of it. `distribution` counts the answers as given, from the scale's
    lowest to its highest. A hidden cell has no figure at all; a one-sided one only `at_least`
    or `at_most`, in percent.
    """

    class Kind(models.TextChoices):
        ITEM = "item", _("item")
        INDEX = "index", _("area index")
        COMMENTS = "comments", _("comments")
        TURNOUT = "turnout", _("turnout")

    class State(models.TextChoices):
        SHOWN = "shown", _("shown")
        SUPPRESSED = "suppressed", _("not enough answers to show")
        ONE_SIDED = "one_sided", _("one-sided")

    ORGANIZATION = "organization"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    release = models.ForeignKey(Release, models.CASCADE, related_name="cells", db_index=False)
    group_key = models.CharField(_("group"), max_length=120, default=ORGANIZATION)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    # Empty in a group's turnout: `n` of `eligible` people responded.
    key = models.CharField(_("item or area"), max_length=60, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State)
    n = models.PositiveIntegerField(_("valid answers"), null=True)
    eligible = models.PositiveIntegerField(_("people asked"), null=True)
    not_applicable = models.PositiveIntegerField(_("does not apply"), null=True)
    favourable = models.PositiveIntegerField(_("favourable answers"), null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    exact_low = models.FloatField(null=True)
    exact_high = models.FloatField(null=True)
    worst = models.FloatField(null=True)
    best = models.FloatField(null=True)
    mean = models.FloatField(_("mean"), null=True)
    mean_low = models.FloatField(null=True)
    mean_high = models.FloatField(null=True)
    median = models.FloatField(_("median"), null=True)
    enps = models.FloatField(_("recommendation score"), null=True)
    enps_low = models.FloatField(null=True)
    enps_high = models.FloatField(null=True)
    distribution = ArrayField(models.PositiveIntegerField(), null=True)
    # How well an area's items hang together; how far teams differ. Organisation level only.
    alpha = models.FloatField(_("Cronbach's alpha"), null=True)
    tau = models.FloatField(_("spread between teams"), null=True)
    at_least = models.PositiveSmallIntegerField(null=True)
    at_most = models.PositiveSmallIntegerField(null=True)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("released cell")
        verbose_name_plural = _("released cells")
        ordering = ["release", "group_key", "kind", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["release", "group_key", "kind", "key"], name="released_cell_once"
            ),
            models.CheckConstraint(
                condition=Q(state="shown") | Q(**dict.fromkeys(FIGURES)),
                name="released_cell_hides_every_figure",
            ),
            models.CheckConstraint(
                condition=~Q(state="shown")
                | Q(n__isnull=False)
                | Q(kind="index", mean__isnull=False),
                name="released_cell_shown_has_a_figure",
            ),
            models.CheckConstraint(
                condition=Q(state="one_sided", at_least__isnull=False, at_most=None)
                | Q(state="one_sided", at_least=None, at_most__isnull=False)
                | Q(state__in=["shown", "suppressed"], at_least=None, at_most=None),
                name="released_cell_bound_iff_one_sided",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["item", "index", "comments", "turnout"]),
                name="released_cell_kind_known",
            ),
        ]
        triggers = [
            *append_only("released_cell_append_only"),
            pgtrigger.Trigger(
                name="released_cell_published",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),  # type: ignore[no-untyped-call]
                func="""
                    INSERT INTO surveys_publishedcell (organization_id, cell_id)
                    SELECT n.organization_id, n.id FROM new_rows n
                    WHERE n.state <> 'suppressed' ORDER BY n.id;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_key} {self.key}: {self.state}"

    @property
    def share(self) -> float | None:
        """Favourable share of the valid answers."""
        return self.favourable / self.n if self.n and self.favourable is not None else None


class PublishedCell(models.Model):
    """A released cell that says something, under a number of its own for the feed.

    Cells that are hidden are counted among the released ones: a gap in their numbers would say
    that something is hidden there, which must look like nothing.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    cell = models.OneToOneField(ReleasedCell, models.CASCADE, related_name="+")

    class Meta:
        triggers = captured("survey_results")

    def __str__(self) -> str:
        return f"{self.cell_id}"


class ReleasedComment(models.Model):
    """A comment as written, shown because enough people commented. Undated; its id is its order."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    release = models.ForeignKey(Release, models.CASCADE, related_name="comments")
    item_key = models.CharField(_("item"), max_length=40)
    text = models.TextField(_("text"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("released comment")
        verbose_name_plural = _("released comments")
        ordering = ["release", "item_key", "id"]

    def __str__(self) -> str:
        return self.item_key
