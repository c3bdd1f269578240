"""How people move, grow and start, as imported."""
# ruff: noqa: DJ001  # a text nobody knows is NULL, as every other unknown value

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models.versions import SignalVersion, kept, known_at, one_of, versions
from maturity.sources.kinds import FUNCTIONS, MAX_TEXT
from maturity.sources.people_moves import MOVES


class PeopleMove(SignalVersion):
    """One person's move between functions or grades, in or out."""

    person_key = models.CharField(_("person"), max_length=MAX_TEXT)
    effective_on = models.DateField(_("effective on"))
    kind = models.CharField(_("kind"), max_length=20)
    from_function = models.CharField(_("from function"), max_length=20, null=True)
    to_function = models.CharField(_("to function"), max_length=20, null=True)
    from_grade = models.CharField(_("from grade"), max_length=MAX_TEXT, null=True)
    to_grade = models.CharField(_("to grade"), max_length=MAX_TEXT, null=True)

    class Meta:
        verbose_name = _("move")
        verbose_name_plural = _("moves")
        ordering = ["effective_on", "person_key", "kind", "id"]
        constraints = [
            *versions("people_move", "person_key", "effective_on", "kind"),
            one_of("people_move", "kind", MOVES),
            one_of("people_move", "from_function", FUNCTIONS),
            one_of("people_move", "to_function", FUNCTIONS),
            models.CheckConstraint(
                condition=Q(kind="hire", from_function=None)
                | ~Q(kind="hire") & Q(from_function__isnull=False),
                name="people_move_comes_from",
            ),
            models.CheckConstraint(
                condition=Q(kind="exit", to_function=None)
                | ~Q(kind="exit") & Q(to_function__isnull=False),
                name="people_move_goes_to",
            ),
        ]
        indexes = known_at("people_move")
        triggers = kept("people_move")

    def __str__(self) -> str:
        return f"{self.effective_on:%Y-%m-%d} {self.kind}"


class LadderGrade(SignalVersion):
    """One grade of a function's ladder, and the PM grade it is as good as."""

    function = models.CharField(_("function"), max_length=20)
    grade = models.CharField(_("grade"), max_length=MAX_TEXT)
    equivalent_pm_grade = models.CharField(_("as good as"), max_length=MAX_TEXT, null=True)
    is_senior_product_role = models.BooleanField(_("senior product role"))

    class Meta:
        verbose_name = _("grade")
        verbose_name_plural = _("grades")
        ordering = ["function", "grade", "id"]
        constraints = [
            *versions("ladder_grade", "function", "grade"),
            one_of("ladder_grade", "function", FUNCTIONS),
        ]
        indexes = known_at("ladder_grade")
        triggers = kept("ladder_grade")

    def __str__(self) -> str:
        return f"{self.function} {self.grade}"


class PmRamp(SignalVersion):
    """One new PM's way to one milestone: reached, left before, or still on the way."""

    person_key = models.CharField(_("person"), max_length=MAX_TEXT)
    milestone_key = models.CharField(_("milestone"), max_length=MAX_TEXT)
    team_key = models.CharField(_("team"), max_length=MAX_TEXT, null=True)
    started_on = models.DateField(_("started on"))
    reached_on = models.DateField(_("reached on"), null=True)
    left_on = models.DateField(_("left on"), null=True)

    class Meta:
        verbose_name = _("PM ramp")
        verbose_name_plural = _("PM ramps")
        ordering = ["started_on", "person_key", "milestone_key", "id"]
        constraints = [
            *versions("pm_ramp", "person_key", "milestone_key"),
            models.CheckConstraint(
                condition=Q(reached_on__gte=F("started_on")), name="pm_ramp_reached_after_start"
            ),
            models.CheckConstraint(
                condition=Q(left_on__gte=F("started_on")), name="pm_ramp_left_after_start"
            ),
            models.CheckConstraint(
                condition=Q(reached_on__lte=F("left_on")), name="pm_ramp_reached_before_left"
            ),
        ]
        indexes = known_at("pm_ramp")
        triggers = kept("pm_ramp")

    def __str__(self) -> str:
        return f"{self.milestone_key} from {self.started_on:%Y-%m-%d}"
