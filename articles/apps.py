from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = _("Articles")

    def ready(self):
        from .roles import make_roles

        # Permissions are made behind the migrations, in which nothing can name them yet.
        post_migrate.connect(make_roles, sender=self)
