"""Which roles must sign in with a second factor."""

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _


class RequiredSecondFactor(models.Model):
    """That the people of a role must have a second factor beside their password."""

    role = models.OneToOneField(Group, models.CASCADE, primary_key=True)

    class Meta:
        verbose_name = _("required second factor")
        verbose_name_plural = _("required second factors")
        # It is part of the role's page.
        default_permissions = []

    def __str__(self):
        return str(self.role)
