"""The admin site: a workplace for ops leads, not only for operators."""

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pghistory
from django import forms
from django.apps import apps
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.core.exceptions import BadRequest, ObjectDoesNotExist, ValidationError
from django.db.models import Model, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.contrib.admin.forms import AdminAuthenticationForm
else:
    from unfold.forms import AuthenticationForm as AdminAuthenticationForm
    from unfold.sites import UnfoldAdminSite as AdminSite

# How many organisations the workplace lists; the list of organisations has them all.
LISTED = 30
# What somebody says on why he changes something.
MAX_REASON = 500
# The sidebar by task: (heading, [(model, symbol)]). What is registered and not named here
# stands at the end under its app's name, so that nothing gets lost.
TASKS: tuple[tuple[Any, tuple[tuple[str, str], ...]], ...] = (
    (
        _("Assess"),
        (
            ("maturity.organization", "account_balance"),
            ("maturity.assessment", "fact_check"),
            ("maturity.assessmentdraft", "edit_note"),
            ("maturity.score", "stairs"),
            ("maturity.evidence", "attachment"),
            ("maturity.target", "target"),
            ("maturity.exemption", "block"),
        ),
    ),
    (
        _("Conclusions"),
        (
            ("maturity.finding", "flag"),
            ("maturity.initiative", "rocket_launch"),
            ("maturity.verdictrecord", "gavel"),
            ("maturity.evaluation", "history"),
            ("maturity.thresholdsversion", "tune"),
            ("maturity.thresholdstrial", "science"),
        ),
    ),
    (
        _("Reports"),
        (
            ("reports.boardreport", "picture_as_pdf"),
            ("reports.reportschedule", "schedule_send"),
            ("reports.brand", "palette"),
            ("reports.embed", "code"),
        ),
    ),
    (
        _("Notifications"),
        (("maturity.endpoint", "webhook"), ("maturity.delivery", "outgoing_mail")),
    ),
    (
        _("Surveys"),
        (
            ("surveys.series", "event_repeat"),
            ("surveys.wave", "forum"),
            ("surveys.message", "mail"),
            ("surveys.refusedaddress", "unsubscribe"),
        ),
    ),
    (_("People and units"), (("maturity.person", "group"), ("maturity.unit", "account_tree"))),
    (
        _("Signals"),
        (
            ("maturity.importjob", "upload_file"),
            ("maturity.importrun", "history"),
            ("maturity.quarantinedrow", "report"),
        ),
    ),
    (
        _("Reference and access"),
        (
            ("maturity.rubricversion", "straighten"),
            ("maturity.apikey", "key"),
            ("maturity.user", "manage_accounts"),
        ),
    ),
)


class WorkplaceLoginForm(AdminAuthenticationForm):
    """Log in by e-mail address; open to members of an organisation as well as to operators."""

    username = UsernameField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocapitalize": "none", "autocomplete": "username"}),
    )
    error_messages = {
        "invalid_login": _("The e-mail address and the password do not belong together."),
        "inactive": _("This account is not active."),
        "no_access": _("This account belongs to no organisation yet. Ask its owner to add you."),
    }

    def confirm_login_allowed(self, user: Any) -> None:
        AuthenticationForm.confirm_login_allowed(self, user)
        if not may_enter(user):
            raise ValidationError(self.error_messages["no_access"], code="no_access")


class PlumblineAdminSite(AdminSite):
    """Open to operators and to every member of an organisation; rows are scoped elsewhere."""

    login_form = WorkplaceLoginForm
    index_template = "admin/workplace.html"

    def has_permission(self, request: HttpRequest) -> bool:
        return may_enter(request.user)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        # Unfold would write them into a style element; workplace.css has them instead.
        return super().each_context(request) | {"colors": None, "border_radius": None}

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            # The filters hand any parameter to PostgreSQL, which takes no NUL in a text.
            if "\0" in unquote(request.META.get("QUERY_STRING", "")):
                raise BadRequest("NUL in the query")
            if reason := request.POST.get("_reason", "").replace("\0", "").strip():
                pghistory.context(reason=reason[:MAX_REASON])
            try:
                response: HttpResponseBase = inner(request, *args, **kwargs)
            except ObjectDoesNotExist as error:
                # It was there when the page was asked for, and somebody else removed it.
                raise Http404 from error
            return response

        return guarded

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Models of one app. The list of all is asked for on every page and shown on none:
        the sidebar and the workplace say by task what there is."""
        return super().get_app_list(request, app_label) if app_label else []

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The workplace: one's organisations with what waits to be done."""
        model_admin = self._registry[Organization]
        rows = list(model_admin.get_queryset(request)[: LISTED + 1])
        context = {
            "title": _("Workplace"),
            "organizations": rows[:LISTED],
            "more": len(rows) > LISTED,
        }
        return super().index(request, {**context, **(extra_context or {})})

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Unfold's search over model names is not offered: the sidebar shows them all."""
        raise Http404

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """What the reader may see, by task; unfold asks for it on every page."""
        registered = {model._meta.label_lower: model for model in self._registry}
        named = {label for _heading, models in TASKS for label, _symbol in models}
        others: dict[str, list[tuple[str, str]]] = {}
        for label in sorted(registered.keys() - named):
            others.setdefault(label.partition(".")[0], []).append((label, "list"))
        *first, last = TASKS
        unnamed = [(apps.get_app_config(app).verbose_name, rows) for app, rows in others.items()]
        return [
            {
                "title": heading,
                "items": [
                    self._link(request, registered[label], symbol)
                    for label, symbol in models
                    if label in registered
                ],
            }
            for heading, models in [*first, *unnamed, last]
        ]

    def _link(self, request: HttpRequest, model: type[Model], symbol: str) -> dict[str, Any]:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        return {
            "title": capfirst(str(model._meta.verbose_name_plural)),
            "icon": symbol,
            "link": url,
            "active": request.path.startswith(url),
            "has_permission": self._registry[model].has_view_permission(request),
        }


def may_enter(user: Any) -> bool:
    """Operators, and members of an organisation. One query, remembered by the user object."""
    if not user.is_active or not user.is_authenticated:
        return False
    prefetch_related_objects([user], "memberships")
    return user.is_staff or user.is_superuser or bool(user.memberships.all())
