from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuthorsConfig(AppConfig):
    name = "authors"
    verbose_name = _("Authors")

    def ready(self):
        from . import log_signals
        from .accounts import factors

        log_signals.connect()
        factors.connect()
