"""Production settings minus everything slow. Services come from the environment: `make test`."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("DATABASE_URL", "postgresql:///plumbline")
os.environ.setdefault(
    "STATICFILES_STORAGE", "django.contrib.staticfiles.storage.StaticFilesStorage"
)
os.environ.setdefault("BASE_URL", "http://testserver")
# Every test comes from the same address.
os.environ.setdefault("RATE_LIMIT_ADDRESS", "1000000")

# Each xdist worker talks to a Redis database of its own.
_redis = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
_number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
os.environ["REDIS_URL"] = (
    f"{_redis.partition('?')[0]}?db={_number}"
    if _redis.startswith("unix")
    else f"{_redis.rpartition('/')[0]}/{_number}"
)

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES  # noqa: E402

DEBUG = False
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Several test runs beside each other each take a database of their own.
if suffix := os.environ.get("TEST_DB_SUFFIX", ""):
    DATABASES["default"]["TEST"] = {"NAME": f"test_plumbline{suffix}"}
DATABASES["default"]["CONN_MAX_AGE"] = 0
# Static files are found when they are asked for: every test client would look through all of them.
WHITENOISE_AUTOREFRESH = True
