"""The one settings module: read from the environment, with defaults that run.

Every variable is named in the README's table. Outside DEBUG the settings refuse
to load, with the reason, while the secret key or the host names are missing.
"""

import os
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from articles.editor import OWN_EXTENSIONS
from newsroom.purging import caches_in_front

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"


class Literally(dict):
    """The environment, for django-environ, which takes what begins with $ for a variable's name."""

    def __missing__(self, name):
        return os.environ[name].replace("$", r"\$")


env = environ.Env()
env.ENVIRON, env.escape_proxy = Literally(), True

DEBUG = env.bool("DEBUG", False)


def secret_key():
    """Return SECRET_KEY, or what stands in the file named by SECRET_KEY_FILE."""
    file = Path(env.str("SECRET_KEY_FILE", str(VAR_DIR / "secret-key")))
    key = env.str("SECRET_KEY", "") or (file.read_text().strip() if file.is_file() else "")
    if not key and DEBUG:
        return "for-development-only-and-refused-outside-debug"
    if not key:
        raise ImproperlyConfigured(
            f"No secret key: set SECRET_KEY, or write one into {file} "
            "(make run does it; SECRET_KEY_FILE names another file)."
        )
    return key


SECRET_KEY = secret_key()
# Former keys: with them what was signed or locked before can still be read.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"] if DEBUG else [])
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "No host name: set ALLOWED_HOSTS to the names this site answers to, separated by commas."
    )

# HTTPS is assumed outside DEBUG; only a server on loopback has a reason to switch it off.
HTTPS = env.bool("HTTPS", not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# Browsers take a cookie of such a name from this very host alone, and over HTTPS (RFC 6265bis).
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
# The desk's scripts read it, so that what is typed outlives a new sign-in: not HttpOnly.
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
MESSAGE_STORAGE = "newsroom.headers.Messages"
# Two years, and the rest that https://hstspreload.org asks for.
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = None
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"

# For readers' pages; newsroom.headers has the other policies.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "style-src": [SELF],
        # The newsroom's icon stands in the page's head itself; at the desk the picture that an
        # authenticator app reads, too, which holds a secret.
        "img-src": [SELF, "data:"],
        "manifest-src": [SELF],
        # No script is there to connect; Lighthouse asks for robots.txt as if it were one.
        "connect-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "upgrade-insecure-requests": HTTPS,
    }
}
DESK_SECURITY_POLICY = {
    **CONTENT_SECURITY_POLICY["DIRECTIVES"],
    # The nonce is that of the editor's import map.
    "script-src": [SELF, NONCE],
    # The editor's icons.
    "font-src": [SELF],
    # The preview's.
    "frame-src": [SELF],
}

NEWSROOM_NAME = env.str("NEWSROOM_NAME", "Newsroom")
NEWSROOM_DESCRIPTION = env.str("NEWSROOM_DESCRIPTION", "")
# A static file, or the address of a picture elsewhere.
NEWSROOM_LOGO = env.str("NEWSROOM_LOGO", "icons/icon-512.png")
SITE_ORIGIN = env.str("SITE_ORIGIN", "").rstrip("/")


def security_contacts():
    """Return SECURITY_CONTACT as RFC 9116 wants it: each contact a whole address."""
    contacts = env.list("SECURITY_CONTACT", default=[])
    contacts = [f"mailto:{each}" if "@" in each and ":" not in each else each for each in contacts]
    for each in contacts:
        if not each.startswith(("mailto:", "https://", "tel:")):
            raise ImproperlyConfigured(
                f"SECURITY_CONTACT: {each!r} is no e-mail address and does not begin with "
                "https://, mailto: or tel:."
            )
    return contacts


SECURITY_CONTACT = security_contacts()
# Names in bylines without a profile that are no people's.
NEWS_AGENCIES = env.list(
    "NEWS_AGENCIES",
    default=[
        *("AFP", "Agence France-Presse", "AP", "Associated Press", "The Associated Press"),
        *("ANSA", "APA", "dpa", "EFE", "Keystone-SDA", "Kyodo News", "PA Media", "PTI"),
        *("Reuters", "TASS", "TT", "Xinhua"),
    ],
)
# What each process keeps of the readers' pages in memory, in MiB (newsroom.page_cache).
PAGE_CACHE_MIB = env.int("PAGE_CACHE_MIB", 12)
# The number of this process on its machine: its hits are answered on one core (newsroom.one_core).
CORE = env.int("CORE", None)
# So long may a cache in front serve a page without asking: it adds to the second in which
# a change is seen here, unless it is told of changes.
SHARED_CACHE_SECONDS = env.int("SHARED_CACHE_SECONDS", 1)
# Those that are told of changes, so that they may keep pages for long (newsroom.purging).
CACHES_IN_FRONT = caches_in_front(
    env.list("CACHES_IN_FRONT", default=[]),
    {"fastly": env.str("FASTLY_TOKEN", ""), "cloudflare": env.str("CLOUDFLARE_TOKEN", "")},
)
# Whether everybody, or staff alone, may see the site as it was.
PAST_IS_PUBLIC = env.bool("PAST_IS_PUBLIC", False)
# Whether each story has a page of its changes. Corrections stand on the story in any case.
CHANGES_ARE_PUBLIC = env.bool("CHANGES_ARE_PUBLIC", True)

INSTALLED_APPS = [
    "newsroom.desk.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_prose_editor",
    "js_asset",
    "taggit",
    "reversion",
    "authors",
    "articles",
]

MIDDLEWARE = [
    "newsroom.headers.Policies",
    "newsroom.hosts.ours_alone",
    "newsroom.health.probes",
    "newsroom.metrics.measure",
    "newsroom.outage.note_what_is_saved",
    "newsroom.request_moment.moment",
    "newsroom.compression.CompressPages",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "newsroom.well_known.no_more_static_files",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "authors.accounts.gate.second_factor_first",
    "newsroom.strangers.unread_beyond_their_forms",
    "authors.log.during_request",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "newsroom.addresses.no_null_characters",
]

ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "articles.views.masthead.masthead",
            ],
            "libraries": {
                name: f"newsroom.templatetags.{name}" for name in ("pictures", "remembered")
            },
        },
    }
]

# Widgets find their templates where pages do, ours included.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Pages ask many small questions: compiling one costs more than answering it, and so does a
# new plan for one that is prepared (newsroom.prepared). Who waits for another's lock gives up
# before it fills the process for everybody: nothing of the desk's holds one for a second, but
# what merges or migrates may, and a migration gives up itself rather than hold readers up.
FOR_SMALL_QUESTIONS = "-c jit=off -c plan_cache_mode=force_generic_plan -c lock_timeout=2s"


def postgresql(database, questions=FOR_SMALL_QUESTIONS, **options):
    """Return Django's entry of a PostgreSQL, with what is asked of it as long as its URL is silent.

    ``questions`` are settings of the server's, ``options`` those of libpq.
    """
    own = database.get("OPTIONS", {})
    # Of two that the server is told the last one holds.
    questions = f"{questions} {own.get('options', '')}".rstrip()
    # Whoever reads a page while the server is out of reach is told so soon.
    options = {"connect_timeout": 2, **options, **own, "options": questions}
    return {**database, "ENGINE": "newsroom.postgresql", "OPTIONS": options}


DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'newsroom.sqlite3'}")
}
if "ENGINE" not in DATABASES["default"]:
    raise ImproperlyConfigured(
        "DATABASE_URL names no database: write postgres://NAME:PASSWORD@HOST:5432/DATABASE, or "
        "sqlite:///FILE."
    )
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Writers queue for the lock when they begin instead of failing when they write, and for longer
    # than on PostgreSQL: there is one for everything, and who waits longest may come last.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Every commit reaches the disk: what the desk is told is saved survives a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"] = postgresql(DATABASES["default"])
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A new connection costs SQLite, which reads the whole schema, as much as half a page.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", 60)
# Off behind a pooler that hands out connections by the transaction.
PREPARED_STATEMENTS = env.bool("PREPARED_STATEMENTS", True)

if replica := env.str("REPLICA_DATABASE_URL", ""):
    if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        raise ImproperlyConfigured(
            "REPLICA_DATABASE_URL names a streaming replica of PostgreSQL: "
            "DATABASE_URL has to name its primary."
        )
    DATABASES["replica"] = {
        **postgresql(
            env.db_url_config(replica),
            f"{FOR_SMALL_QUESTIONS} -c default_transaction_read_only=on",
            # In milliseconds: whoever is gone holds nobody up.
            tcp_user_timeout=2000,
        ),
        "CONN_MAX_AGE": DATABASES["default"]["CONN_MAX_AGE"],
        "TEST": {"MIRROR": "default"},
    }
    DATABASE_ROUTERS = ["newsroom.replica.Router"]
    MIDDLEWARE.append("newsroom.replica.ReadTheReplica")

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {},
        "MinimumLengthValidator": {"min_length": 12},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
# Guessing what a stolen database holds costs memory; older hashes are made anew at a sign-in.
PASSWORD_HASHERS = [
    f"django.contrib.auth.hashers.{name}"
    for name in ("ScryptPasswordHasher", "PBKDF2PasswordHasher")
]
SESSION_COOKIE_AGE = 3600 * env.int("SESSION_HOURS", 24)

# Signing in (authors.accounts). What failed is counted where every process and host sees it;
# whoever changes a limit changes the words about how long to wait: five minutes for a failed
# attempt (the adapter), a minute for the others (429.html).
AUTHENTICATION_BACKENDS = ["authors.accounts.backend.Backend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_ADAPTER = "authors.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "authors.accounts.sign_in_form.SignInForm"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/5m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}
MFA_ADAPTER = "authors.accounts.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": "10/m/ip"}
MFA_TOTP_ISSUER = NEWSROOM_NAME
# A phone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "authors.accounts.forms.CodeForm",
    "reauthenticate": "authors.accounts.forms.ConfirmByCodeForm",
    "activate_totp": "authors.accounts.forms.AddAppForm",
    "authenticate_webauthn": "authors.accounts.forms.PasskeyForm",
    "login_webauthn": "authors.accounts.forms.SignInByPasskeyForm",
    "reauthenticate_webauthn": "authors.accounts.forms.ConfirmByPasskeyForm",
    "add_webauthn": "authors.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "authors.accounts.forms.NamePasskeyForm",
}
CACHES = {
    "default": {
        "BACKEND": "authors.accounts.counts.Counts",
        "LOCATION": "authors_cachedcount",
        # Beyond so many, of which few still count, the table is emptied by a third.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

# Without EMAIL_URL no mail is sent at all; with it, nobody waits long for one.
vars().update(env.email_url("EMAIL_URL", default="dummymail://"))
EMAIL_TIMEOUT = 5
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"newsroom@{ALLOWED_HOSTS[0].lstrip('.*')}")

LANGUAGE_CODE = env.str("LANGUAGE_CODE", "en")
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_I18N = True
# Where Django's own pages would write "Nov. 24, 2026, 12:41 p.m.".
FORMAT_MODULE_PATH = "newsroom.formats"
# <language>/LC_MESSAGES/django.po for pages and messages, djangojs.po for the desk's scripts.
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True

# A story's form carries its body twice: as it was opened, and as it stands.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# Whoever chose all the thousand rows of a list sends each, and a few fields beside them.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1100

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
# Browsers and phones also ask for /favicon.ico and /apple-touch-icon.png, whatever a page says.
WHITENOISE_ROOT = BASE_DIR / "static" / "icons"
WHITENOISE_ALLOW_ALL_ORIGINS = False


def media_storage():
    """Return Django's entry for where media lie: the folder MEDIA_ROOT, or a bucket of S3."""
    kind = env.str("MEDIA_STORAGE", "folder")
    if kind == "folder":
        return {"BACKEND": "newsroom.media.WholeFiles"}
    bucket = env.str("MEDIA_BUCKET", "")
    if kind != "s3" or not bucket:
        raise ImproperlyConfigured(
            "MEDIA_STORAGE is either folder (the default) or s3; s3 needs the name of the "
            "bucket in MEDIA_BUCKET."
        )
    # boto3 takes memory that who keeps media in a folder need not spend.
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config

    # Keys, region and endpoint boto3 reads itself, from its own variables (AWS_...). Only
    # Amazon gives each bucket a host name of its own.
    is_elsewhere = env.str("AWS_ENDPOINT_URL_S3", env.str("AWS_ENDPOINT_URL", ""))
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "client_config": Config(
                s3={"addressing_style": "path" if is_elsewhere else "auto"},
                # In seconds, for each wait and not for a whole picture: a store that hangs gives
                # its thread back about when those who wait for one give up (newsroom.page_cache).
                # One retry is for a kept connection that has ended.
                connect_timeout=2,
                read_timeout=3,
                retries={"total_max_attempts": 2},
            ),
            # What breaks off midway would else be fetched five times.
            "transfer_config": TransferConfig(num_download_attempts=2),
        },
    }


# Uploads are never served as they lie here: readers get renditions (newsroom.images).
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(VAR_DIR / "media")))
STORAGES = {
    "default": media_storage(),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "newsroom.static_files.CollectedFiles"
    },
}

TAGGIT_CASE_INSENSITIVE = True
DJANGO_PROSE_EDITOR_EXTENSIONS = OWN_EXTENSIONS

METRICS_TOKEN = env.str("METRICS_TOKEN", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "newsroom.logs.JsonLines"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler"}
        if DEBUG
        else {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "stream": "ext://sys.stdout",
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    # What strangers ask for in vain stands in the log of the proxy: here it would push out what
    # somebody has to look at.
    "loggers": {"django.request": {"level": "ERROR"}},
}
