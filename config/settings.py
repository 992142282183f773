"""Settings of Sira. Everything that differs between machines comes from the environment; a secret may come from
a file named by NAME_FILE. What is missing and needed fails loudly at start."""

import os
import sys
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

SIRA_HOME = Path(env.str("SIRA_HOME", default=str(BASE_DIR / ".sira"))).resolve()
DEMO = env.bool("SIRA_DEMO", default=False)
TESTING = "pytest" in sys.modules or "tests.services" in sys.modules
DEMO_PASSWORD = env.str("SIRA_DEMO_PASSWORD", default="sira-demo")
DEBUG = env.bool("SIRA_DEBUG", default=False)


def _secret_key() -> str:
    """Given by the environment, else the one this installation keeps for itself."""
    if given := env.str("DJANGO_SECRET_KEY", default=""):
        return given
    kept = SIRA_HOME / "secret_key"
    if not kept.exists():
        import secrets

        SIRA_HOME.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return kept.read_text()
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
    return kept.read_text()


SECRET_KEY = _secret_key()
# What seals document numbers (cases/sealed.py): the present secret first, then those that sealed before.
FIELD_KEYS = [env.str("SIRA_FIELD_KEY", default="") or SECRET_KEY, *env.list("SIRA_FIELD_KEY_OLD", default=[])]
# What a backup must never hold and cannot be read without (config/backup.py).
BACKUP_KEYS = {"DJANGO_SECRET_KEY": SECRET_KEY, "SIRA_FIELD_KEY": FIELD_KEYS[0]}
ALLOWED_HOSTS = env.list("SIRA_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("SIRA_ORIGINS", default=[])
SITE_URL = env.str("SIRA_URL", default="http://127.0.0.1:8000")

# --- apps and layers ---------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "pgtrigger",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "config",
    # the house, from the lowest floor up
    "accounts",
    "audit",
    "centres",
    "jobs",
    "questionnaires",
    "cases",
    "flows",
    "outreach",
    "reception",
    "returns",
    "reintegration",
    "reporting",
    "administration",
]

if "lintmigrations" in sys.argv:  # a tool of development: not installed on a centre's server
    INSTALLED_APPS.append("django_migration_linter")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "accounts.middleware.NeverKept",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.readable.Readable",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "centres.middleware.ReadAs",
    "config.typed.middleware.SignInFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.SessionLimits",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.PasswordChangeDue",
    "centres.middleware.SecondFactorRequired",
    "django_htmx.middleware.HtmxMiddleware",
    "config.refusals.RefusedByTheDatabase",
    "config.typed.middleware.TypedAgain",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "config.forms.SiraRenderer"

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
                "django.template.context_processors.i18n",
                "centres.navigation.context",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "config.templatetags.sira"],
        },
    }
]

# --- data --------------------------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", default="")
if not DATABASE_URL:
    if not (TESTING or os.environ.get("SIRA_WITHOUT_SERVICES") or "makemigrations" in sys.argv):
        raise ImproperlyConfigured("DATABASE_URL manque : lancez « make run », ou donnez l’adresse du serveur PostgreSQL.")
    DATABASE_URL = "postgresql://localhost/sira"

DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
DATABASES["default"].update({"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True})
if replica := env.str("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = environ.Env.db_url_config(replica)
    DATABASES["replica"]["TEST"] = {"MIRROR": "default"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")

# In the database, so that throttled sign-in goes on working while Redis is away.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
    # What is counted at each request of the API; lost with Redis, it begins anew.
    "counts": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "sira",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    },
}

MEDIA_ROOT = Path(env.str("SIRA_FILES", default=str(SIRA_HOME / "files")))
FILE_UPLOAD_PERMISSIONS = 0o600
# The roll-call of a full centre sends four fields a person.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
ATTACHMENT_MAX_BYTES = 10 * 1024 * 1024
# The largest file anybody sends is a list to import; the proxy in front allows as much (deploy/Caddyfile).
UPLOAD_MAX_BYTES = 32 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "config.uploads.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Celery: the bell --------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A page must never hang because the broker is away: ring once, the beat rings again.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 5, "max_retries": 1}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "Africa/Bamako"
# The pulse is answered by the worker's main process (jobs.worker), never behind a job.
CELERY_TASK_ROUTES = {"jobs.tasks.heartbeat": {"queue": "pulse"}}
# A worker that has not renewed its job's lease for this long is taken for dead, and the job goes to another.
JOB_LEASE_SECONDS = env.int("SIRA_JOB_LEASE", default=30)
# A job that does not stop by itself when its time is over is killed so many seconds later.
JOB_GRACE_SECONDS = env.int("SIRA_JOB_GRACE", default=30)
# Whatever else a worker does is short.
CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT = 300, 330
CELERY_BEAT_SCHEDULE = {
    "ring-jobs": {"task": "jobs.tasks.ring_waiting", "schedule": 5.0, "options": {"expires": 5}},
    "worker-alive": {"task": "jobs.tasks.heartbeat", "schedule": 10.0, "options": {"expires": 10}},
    "tidy-cases": {"task": "cases.tasks.tidy", "schedule": 3600.0, "options": {"expires": 3600}},
    "look-for-duplicates": {"task": "cases.tasks.look_for_duplicates", "schedule": 20.0, "options": {"expires": 20}},
    "watch-absences": {"task": "reception.tasks.watch_absences", "schedule": crontab(hour=6, minute=15), "options": {"expires": 3600}},
    "check-alerts": {"task": "reception.tasks.check_alerts", "schedule": 600.0, "options": {"expires": 600}},
    "end-postings": {"task": "centres.tasks.end_postings", "schedule": 3600.0, "options": {"expires": 3600}},
}

# --- people ------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
if TESTING:
    PASSWORD_HASHERS.insert(0, "tests.hashers.QuickArgon2")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True  # the length is ours: accounts.middleware.SessionLimits
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,5/5m/key", "change_password": "5/m/user", "reauthenticate": "10/m/user"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("SIRA_PROXIES", default=0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Sira"
MFA_TOTP_TOLERANCE = 1  # half a minute either way: clocks of telephones without a network, and slow lines
# The second factor may be left out only where no real person is in the data.
SECOND_FACTOR_REQUIRED = env.bool("SIRA_SECOND_FACTOR", default=not DEMO)
if not SECOND_FACTOR_REQUIRED and not (DEMO or TESTING):
    raise ImproperlyConfigured("SIRA_SECOND_FACTOR=0 n’est permis qu’avec SIRA_DEMO=1.")

# Its pages of faults show every value to whoever met the fault.
if DEBUG and not (DEMO or TESTING):
    raise ImproperlyConfigured("SIRA_DEBUG=1 n’est permis qu’avec SIRA_DEMO=1.")

SESSION_IDLE_SECONDS = env.int("SIRA_SESSION_IDLE", default=30 * 60)
SESSION_ABSOLUTE_SECONDS = env.int("SIRA_SESSION_ABSOLUTE", default=12 * 60 * 60)
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.typed.middleware.csrf_failure"
# What a page says once may name somebody: it waits in the session, never in a cookie that whoever has the computer can read.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

HTTPS = env.bool("SIRA_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.bool("SIRA_HTTPS_REDIRECT", default=False)  # the proxy does it
    SECURE_HSTS_SECONDS = 31536000
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "media-src": [SELF, "blob:"],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # access.py reads guardian’s tables; its backend would count model permissions as global
GUARDIAN_RAISE_403 = False
ANONYMOUS_USER_NAME = None

# --- language, time ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("Français")), ("en", _("Anglais")), ("es", _("Espagnol"))]
# The second: our own French for the stock messages of Django and allauth.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "config" / "words"]
TIME_ZONE = "Africa/Bamako"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = False

# --- static ------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("SIRA_STATIC", default=str(SIRA_HOME / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if (TESTING or DEBUG) else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTING or DEBUG
WHITENOISE_AUTOREFRESH = TESTING or DEBUG  # in a test every client would otherwise read the whole folder anew

# --- API ---------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",  # the first one names the challenge of a 401
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["centres.api_rules.Declared"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.readable.TextOnlyJSON"],
    "DEFAULT_PAGINATION_CLASS": "centres.api_rules.Pages",
    "DEFAULT_THROTTLE_CLASSES": ["centres.api_rules.EachMinute"],
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "centres.api_rules.problem",
    "DATETIME_FORMAT": "iso-8601",
    "UNICODE_JSON": True,
}
# Of one account. A counter that scans cards sends some forty in its busiest minute, a program that copies all files five in a second.
API_PER_MINUTE = 600
SPECTACULAR_SETTINGS = {
    "TITLE": "Sira",
    "DESCRIPTION": "Gestion des centres d’accueil des migrants du Mali : enregistrement, séjours, assistance, retours, réintégration, indicateurs.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["centres.api_rules.Declared"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "centres.api_schema.describe_refusals"],
    "ENUM_NAME_OVERRIDES": {
        "ReturnState": "returns.workflow.State",
        "ReintegrationState": "reintegration.models.ReintegrationCase.State",
        "ReintegrationKind": "reintegration.models.ReintegrationCase.Kind",
        "SupportKind": "reintegration.models.Support.Kind",
        "ActivityKind": "outreach.models.Activity.Kind",
        "JobState": "jobs.models.Job.State",
        "IncidentKind": "reception.models.Incident.Kind",
        "RollCallState": "reception.models.RollCallLine.State",
        "ConsentLanguage": "cases.consents.LANGUAGES",
    },
}

# How long somebody stays identified, where it differs from cases/retention.py: months by purpose, e.g. "registration=72,child=48".
RETENTION_MONTHS: dict[str, int] = env.dict("SIRA_RETENTION", cast={"value": int}, default={})

# --- logs: never a name (config/logs.py) -------------------------------------------------------------------------

LOGGING_CONFIG = "config.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("SIRA_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},  # its own would mail whole requests to administrators
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}

# The statistical threshold below which a figure of people could point at someone (facts: OECD 3–5, here 5).
SMALL_CELL_THRESHOLD = 5
