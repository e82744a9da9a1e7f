"""Who did what: a row for each act, written once (``authors.log``) and never changed.

``log_rules`` has the database itself refuse changes. No row points at another table: an
account or a story can be deleted, and what was done by it or to it stays as it was called.
"""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LoggedAct(models.Model):
    """One act: when, by whom, what, on what, from which address."""

    class Kind(models.TextChoices):
        PUBLISH = "publish", _("Published")
        SCHEDULE = "schedule", _("Scheduled")
        WITHDRAW = "withdraw", _("Withdrawn")
        CANCEL = "cancel", _("Schedule undone")
        DELETE = "delete", _("Deleted")
        BRING_BACK = "bring_back", _("Brought back")
        MERGE = "merge", _("Merged into another")
        MAKE_PREVIEW_LINK = "make_preview_link", _("Preview link made")
        REVOKE_PREVIEW_LINK = "revoke_preview_link", _("Preview link revoked")
        SIGN_IN = "sign_in", _("Signed in")
        FAIL_TO_SIGN_IN = "fail_to_sign_in", _("Failed to sign in")
        SIGN_OUT = "sign_out", _("Signed out")
        END_SESSIONS = "end_sessions", _("Sessions ended")
        MAKE_ACCOUNT = "make_account", _("Account made")
        CHANGE_ACCOUNT = "change_account", _("Account changed")
        DELETE_ACCOUNT = "delete_account", _("Account deleted")
        CHANGE_PASSWORD = "change_password", _("Password changed")
        ADD_SECOND_FACTOR = "add_second_factor", _("Second factor set up")
        REMOVE_SECOND_FACTOR = "remove_second_factor", _("Second factor removed")
        RESET_SECOND_FACTORS = "reset_second_factors", _("Second factors reset")
        CHANGE_RIGHTS = "change_rights", _("Roles or permissions changed")
        MAKE_ROLE = "make_role", _("Role made")
        CHANGE_ROLE = "change_role", _("Role changed")
        DELETE_ROLE = "delete_role", _("Role deleted")
        EXPORT = "export", _("Exported")
        BACK_UP = "back_up", _("Backup made")
        RESTORE = "restore", _("Backup restored")
        SHORTEN_LOG = "shorten_log", _("Log shortened")

    happened_at = models.DateTimeField(_("when"), default=timezone.now)
    kind = models.CharField(_("what"), max_length=30, choices=Kind)
    who_key = models.BigIntegerField(_("number of the account"), null=True)
    who = models.CharField(_("who"), max_length=320)
    subject_type = models.CharField(_("kind of thing"), max_length=100)
    subject_key = models.BigIntegerField(_("number of the thing"), null=True)
    subject = models.CharField(_("on what"), max_length=300)
    address = models.CharField(_("from where"), max_length=45)
    details = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("logged act")
        verbose_name_plural = _("log")
        ordering = ["-happened_at", "-pk"]
        # Nobody can be given the right to add, change or delete: there is none.
        default_permissions = ["view"]
        # Each question that the log's list asks is answered in the order of time.
        indexes = [
            models.Index(fields=["happened_at", "id"], name="logged_when"),
            models.Index(fields=["kind", "happened_at", "id"], name="logged_what"),
            models.Index(fields=["who_key", "happened_at", "id"], name="logged_who"),
            models.Index(fields=["address", "happened_at", "id"], name="logged_from_where"),
            models.Index(
                fields=["subject_type", "subject_key", "happened_at", "id"],
                name="logged_on_what",
            ),
        ]

    def __str__(self):
        return (
            f"{self.get_kind_display()}: {self.subject}"
            if self.subject
            else self.get_kind_display()
        )
