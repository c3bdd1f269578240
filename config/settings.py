"""The only settings file: a deployment differs by environment variable alone.

What no deployment changes and is long stands beside it: `logs.py`, `openapi.py`.
Required: SECRET_KEY, DATABASE_URL, REDIS_URL. Everything else has a safe default.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import environ
import pghistory
from csp.constants import NONE, SELF, UNSAFE_EVAL
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from config.logs import logging_at
from config.openapi import CONTRACT

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def _broker_url(url: str) -> str:
    """Celery's spelling of a Redis address; it names a Unix socket in its own way."""
    path, _, query = url.partition("?")
    if not path.startswith("unix://"):
        return url
    database = parse_qs(query).get("db", ["0"])[0]
    return f"redis+socket://{path.removeprefix('unix://')}?virtual_host={database}"


# --- what a deployment decides -------------------------------------------------------------
SECRET_KEY = env.str("SECRET_KEY")
# Earlier keys: they still open what was sealed or signed under them.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", default=False)
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
_base = urlsplit(BASE_URL)
HTTPS = _base.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_base.hostname])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[BASE_URL])
DATABASES = {"default": env.db("DATABASE_URL")}
REDIS_URL = env.str("REDIS_URL")
vars().update(env.email("EMAIL_URL", default="smtp://localhost:25"))
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default=f"Plumbline <plumbline@{_base.hostname}>"
)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=20)
# Uploads are kept in the database: they go where the record goes, and nowhere else.
EVIDENCE_MAX_BYTES = env.int("EVIDENCE_MAX_BYTES", default=10 * 1_048_576)
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")

# --- applications --------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "config.apps.PlumblineAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "pgtrigger",
    "pghistory",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_structlog",
    "maturity",
    "surveys",
    "reports",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.PageGZipMiddleware",
    "config.middleware.PathCSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.ChangeHistoryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.RequestLogMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- data ----------------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES["default"] |= {
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
    "CONN_HEALTH_CHECKS": True,
    "ATOMIC_REQUESTS": False,
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL},
    # Each process keeps its own: bounded whatever anybody asks for, and gone with the process.
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 200},
    },
}
# So long parts of pages are kept; a change of what they show ends it at once. 0: never.
KEPT_PAGES_SECONDS = env.int("KEPT_PAGES_SECONDS", default=300)

# --- change history ------------------------------------------------------------------------
# Whose changes are written down with their name: only requests to these paths. An answer to a
# survey is none of them, so nothing about who sends it ever reaches the database's session.
HISTORY_PATHS = ("/admin/", "/api/", "/orgs/")
# Who and why stand in the row itself: a table shared by all tenants could not be erased.
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(db_index=True, related_name="+")
PGHISTORY_CREATED_AT_FUNCTION = "CLOCK_TIMESTAMP()"

# Read by anybody, and the same for everybody: whoever looks is neither asked nor logged.
ANONYMOUS_PATHS = ("/embed/",)

# --- people --------------------------------------------------------------------------------
AUTH_USER_MODEL = "maturity.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = reverse_lazy("login")
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = reverse_lazy("login")

# --- language and time ---------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German")), ("es", _("Spanish")), ("fr", _("French"))]
# Before the catalogues of Django and unfold: a word means what it means here.
LOCALE_PATHS = [
    BASE_DIR / part / "locale"
    for part in ("surveys", "reports", "maturity", "maturity/rubrics", "maturity/insights")
]
FORMAT_MODULE_PATH = ["config.formats"]
# Programs read English, whatever language somebody's browser asks for.
ENGLISH_PATHS = ("/api/", "/odata/")
# What programs pull goes out as it is: rows by the million would cost more to pack than to send.
UNPACKED_PATHS = ("/api/", "/odata/")
# Pages behind links, and what stands on other sites.
OWN_LANGUAGE_PATHS = ("/s/", "/o/", "/embed/")
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- static files --------------------------------------------------------------------------
STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.str(
            "STATICFILES_STORAGE",
            default="whitenoise.storage.CompressedManifestStaticFilesStorage",
        )
    },
}
# Without a collectstatic step (demo, tests) files are served from where they lie.
WHITENOISE_USE_FINDERS = not STORAGES["staticfiles"]["BACKEND"].startswith("whitenoise")
STATIC_ROOT = None if WHITENOISE_USE_FINDERS else BASE_DIR / "staticfiles"

# --- security ------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=HTTPS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
_STRICT = {
    "default-src": [SELF],
    "img-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _STRICT}
# The smallest exception, on its path alone: unfold's Alpine.js evaluates attribute expressions.
CONTENT_SECURITY_POLICY_BY_PATH = {"/admin/": _STRICT | {"script-src": [SELF, UNSAFE_EVAL]}}

# --- background work -----------------------------------------------------------------------
CELERY_BROKER_URL = _broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = env.int("CELERY_TASK_TIME_LIMIT", default=1_800)
# Longer than the longest task, or the broker hands a running task to a second worker.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 2 * CELERY_TASK_TIME_LIMIT}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# Beat only wakes claimers: what must happen is a row in PostgreSQL with a due time.
CELERY_BEAT_SCHEDULE = {
    "send-due-messages": {"task": "surveys.tasks.send_due_messages", "schedule": 5.0},
    "plan-waves": {"task": "surveys.tasks.plan_waves", "schedule": 600.0},
    "open-due-waves": {"task": "surveys.tasks.open_due_waves", "schedule": 30.0},
    "close-due-waves": {"task": "surveys.tasks.close_due_waves", "schedule": 30.0},
    "end-snoozes": {"task": "maturity.tasks.end_snoozes", "schedule": 30.0},
    "write-confidence": {"task": "maturity.tasks.write_confidence_of_all", "schedule": 300.0},
    "delete-due-answers": {"task": "surveys.tasks.delete_due_answers", "schedule": 3_600.0},
    "evaluate-due-organizations": {
        "task": "maturity.tasks.evaluate_due_organizations",
        "schedule": 30.0,
    },
    "send-due-deliveries": {"task": "maturity.tasks.send_due_deliveries", "schedule": 5.0},
    "tell-overdue-initiatives": {
        "task": "maturity.tasks.tell_overdue_initiatives",
        "schedule": 600.0,
    },
    "run-due-trials": {"task": "maturity.tasks.run_due_trials", "schedule": 10.0},
    "work-off-imports": {"task": "maturity.tasks.work_off_imports", "schedule": 5.0},
    "render-due-reports": {"task": "reports.tasks.render_due_reports", "schedule": 5.0},
    "plan-reports": {"task": "reports.tasks.plan_reports", "schedule": 600.0},
    "work-off-schedules": {"task": "reports.tasks.work_off_schedules", "schedule": 10.0},
    "forget-uploads": {"task": "maturity.tasks.forget_uploads", "schedule": 3_600.0},
    "merge-revisions": {"task": "maturity.tasks.merge_revisions", "schedule": 60.0},
    "purge-answers": {"task": "maturity.tasks.purge_answers", "schedule": 3_600.0},
    "purge-tombstones": {"task": "maturity.tasks.purge_tombstones", "schedule": 3_600.0},
    "stamp-changes": {"task": "maturity.tasks.stamp_changes", "schedule": 1.0},
}
# A claimed message whose worker died is taken back after this many seconds.
MESSAGE_LEASE_SECONDS = env.int("MESSAGE_LEASE_SECONDS", default=120)
# Networks (CIDR) that webhooks and chats may reach although they are not public.
OUTBOUND_ALLOWED_NETWORKS = env.list("OUTBOUND_ALLOWED_NETWORKS", default=[])

# So many exports of the feed run at once; each holds one thread and one connection.
EXPORT_SLOTS = env.int("EXPORT_SLOTS", default=4)
# Import formats whose importer lives above maturity, which must not know it.
IMPORTERS = {"survey_responses": "surveys.services.outside.import_responses"}
# Events whose mails carry files, from the app above maturity that has them.
MAIL_ATTACHMENTS = {"report.scheduled": "reports.services.schedules.attached"}

# --- API -----------------------------------------------------------------------------------
# Requests within RATE_LIMIT_WINDOW seconds (at most 120). A key that reads a million rows in
# pages of 1,000 one after the other stays under its quota.
RATE_LIMIT_WINDOW = env.int("RATE_LIMIT_WINDOW", default=60)
RATE_LIMITS = {
    "key": env.int("RATE_LIMIT_KEY", default=6_000),
    "person": env.int("RATE_LIMIT_PERSON", default=1_200),
    # Whoever shows no key, or one that is refused.
    "address": env.int("RATE_LIMIT_ADDRESS", default=300),
    # Badges and charts on other sites: a page may hold several, an office have one address.
    "embed": env.int("RATE_LIMIT_EMBED", default=600),
}
# Modules named in REST_FRAMEWORK must not import rest_framework.views: start-up would be circular.
REST_FRAMEWORK = {
    # The first one's challenge goes with a 401. A session reads the API from the browser.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "maturity.api.auth.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["maturity.api.auth.MayRead"],
    "DEFAULT_RENDERER_CLASSES": ["maturity.api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["maturity.api.bodies.JsonParser"],
    "DEFAULT_PAGINATION_CLASS": "maturity.api.pagination.PageNumberPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "maturity.api.schema.ProblemSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "maturity.api.errors.handle",
    # How many proxies of our own stand in front and add to X-Forwarded-For; 0: nobody is believed.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    # `?format=` would otherwise be a parameter of every address.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = CONTRACT

# --- logs ----------------------------------------------------------------------------------
LOGGING = logging_at(LOG_LEVEL)

# --- admin ---------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "Plumbline",
    "SITE_HEADER": "Plumbline",
    "SITE_SUBHEADER": _("Product operations"),
    "SITE_URL": "/",
    "SITE_ICON": lambda _request: static("maturity/logo.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("maturity/logo.svg"),
        }
    ],
    # Its colours stand there too: a style element in the page would need a wider policy.
    "STYLES": [lambda _request: static("maturity/workplace.css")],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
}
