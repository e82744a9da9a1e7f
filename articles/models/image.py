"""The image library: every picture that stories show is chosen from here."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from newsroom.pictures import Picture, PictureField, focal_point_constraint, focal_point_field


class ImageQuerySet(models.QuerySet):
    def lacking_alt_text(self):
        return self.filter(alt_text="")

    def lacking_credit(self):
        return self.filter(credit="")

    def unused(self):
        """Keep the images that no working copy and no edition shows or ever showed."""
        shown_by_none = self.exclude(article_images__isnull=False)
        return shown_by_none.exclude(edition_images__isnull=False)


class Image(models.Model):
    """A picture with what has to be said of it."""

    title = models.CharField(_("title"), max_length=200, help_text=_("For the library only."))
    file = PictureField(
        _("picture"),
        upload_to="pictures/",
        width_field="width",
        height_field="height",
        db_index=True,
    )
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    checksum = models.CharField(
        # SHA-256 of the upload as it came, in hex: the same file is recognised again.
        max_length=64,
        editable=False,
        blank=True,
        db_index=True,
    )
    alt_text = models.CharField(
        _("alt text"),
        max_length=500,
        blank=True,
        help_text=_("What the picture shows, for those who cannot see it."),
    )
    caption = models.TextField(_("caption"), blank=True)
    credit = models.CharField(_("credit"), max_length=200, blank=True)
    focal_x = focal_point_field(_("focal point from the left"))
    focal_y = focal_point_field(_("focal point from the top"))
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True, db_index=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("uploaded by"),
        related_name="+",
        null=True,
        editable=False,
    )

    # The token of the preview link under which this row's picture is shown, if it is.
    preview_token = ""

    objects = ImageQuerySet.as_manager()

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            focal_point_constraint("image_focal_point_in_percent"),
            models.UniqueConstraint(
                fields=["checksum"], condition=~models.Q(checksum=""), name="image_stored_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["uploaded_by", "-uploaded_at", "-id"], name="image_uploader_latest"
            )
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        """Where the desk works on it; readers see it in stories."""
        return reverse("admin:articles_image_change", args=[self.pk])

    @property
    def picture(self):
        """The picture for templates and the rendition view."""
        size = (self.width, self.height, self.focal_x, self.focal_y)
        if self.preview_token:
            return Picture("preview-picture", self.file.name, *size, (self.preview_token,))
        return Picture("picture", self.file.name, *size)


class ReplacedFile(models.Model):
    """A file that an image of the library had before it was replaced in place."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="replaced_files")
    file = models.FileField(_("picture"), upload_to="pictures/", db_index=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    checksum = models.CharField(max_length=64, editable=False, blank=True)
    replaced_at = models.DateTimeField(_("replaced at"), auto_now_add=True)
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("replaced by"),
        related_name="+",
        null=True,
    )

    class Meta:
        verbose_name = _("replaced file")
        verbose_name_plural = _("replaced files")
        ordering = ["-replaced_at", "-pk"]

    def __str__(self):
        return self.file.name

    @property
    def picture(self):
        """The former picture, for the desk; its focal point was the image's."""
        image = self.image
        return Picture(
            "admin:articles_image_former_file",
            self.file.name,
            self.width,
            self.height,
            image.focal_x,
            image.focal_y,
        )
