"""The mails in django-post_office's queue, set up as its README and django-ses's recommend.

Runs in .local/peers, where Django is. README: https://github.com/ui/django-post_office, with its headings;
django-ses's: https://github.com/django-ses/django-ses.
"""

import sys
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import django
from botocore.config import Config
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from bench.contestants.common import SENDER, User, users
from bench.shootout.contestant import Ground

GROUND = Ground.of_environment()
DATABASE = urlsplit((GROUND.scratch / "postgres.url").read_text())
EVERY_S = 1.0

settings.configure(
    INSTALLED_APPS=["post_office"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE.path.removeprefix("/"),
            "USER": DATABASE.username,
            "HOST": DATABASE.hostname,
            "PORT": DATABASE.port,
        }
    },
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    # "Custom Email Backends": what send_queued_mail sends through.
    EMAIL_BACKEND="post_office.EmailBackend",
    POST_OFFICE={
        "BACKENDS": {"default": "django_ses.SESBackend"},
        # "Batch Size": what a batch has sent is written down at its end, and is sent again where it had none; 100 by default.
        "BATCH_SIZE": round(GROUND.rate),
        # "Retry": none by default; what SES refuses for the rate is to be tried again soon.
        "MAX_RETRIES": 10,
        "RETRY_INTERVAL": timedelta(seconds=1),
    },
    # django-ses, "Getting going": all that the account allows; by default half of it.
    AWS_SES_AUTO_THROTTLE=1.0,
    USE_SES_V2=True,
    AWS_SES_REGION_ENDPOINT_URL=GROUND.endpoint,
    AWS_SES_CONFIG=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5),  # post_office retries
)
django.setup()

from post_office import mail  # noqa: E402 (it reads the settings)


def queued(user: User) -> dict[str, Any]:
    return {
        "recipients": user.address,
        "sender": SENDER,
        "subject": "Your month",
        "message": "You used your devices for {{ minutes }} minutes.",
        "context": user.data,
    }


def produce() -> None:
    """ "send_many()": "much more performant"; and in one transaction: a producer that dies has queued nothing."""
    with transaction.atomic():
        mail.send_many([queued(user) for user in users(GROUND)])


def work() -> None:
    """The command that cron is to run each minute ("Management Commands"), here each second."""
    while True:
        call_command("send_queued_mail", lockfile=str(GROUND.scratch / "post_office"), log_level=1)
        time.sleep(EVERY_S)


if __name__ == "__main__":
    {"migrate": lambda: call_command("migrate"), "produce": produce, "work": work}[sys.argv[1]]()
