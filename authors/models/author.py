"""Who writes: profiles that readers see, with or without a user account."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from newsroom.addresses import address
from newsroom.pictures import Picture, PictureField, focal_point_constraint, focal_point_field
from newsroom.web_address import WebAddressField, web_address_constraint


class AuthorQuerySet(models.QuerySet):
    def sharing_a_word_with(self, name):
        """Keep those whose name has one of the words of another in it; at most four are tried."""
        condition = Q(pk__in=[])
        for word in name.split()[:4]:
            condition |= Q(name__icontains=word)
        return self.filter(condition)


class Author(models.Model):
    """A person whose name stands in bylines; a guest needs no user account."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=120, unique=True, allow_unicode=True)
    job_title = models.CharField(_("job title"), max_length=200, blank=True)
    bio = models.TextField(_("bio"), blank=True)
    photo = PictureField(
        _("photo"),
        upload_to="portraits/",
        width_field="photo_width",
        height_field="photo_height",
        db_index=True,
        blank=True,
    )
    photo_width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    photo_height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    focal_x = focal_point_field(_("focal point from the left"))
    focal_y = focal_point_field(_("focal point from the top"))
    email = models.EmailField(_("public e-mail address"), blank=True)
    phone = models.CharField(_("public phone number"), max_length=40, blank=True)
    is_on_staff = models.BooleanField(
        _("is on staff"),
        default=True,
        help_text=_("Untick for guests and for those who have left; their stories stay."),
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user account"),
        on_delete=models.SET_NULL,
        related_name="author",
        null=True,
        blank=True,
        help_text=_("Optional: a guest author needs none."),
    )

    objects = AuthorQuerySet.as_manager()

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["name"]
        permissions = [("change_own_author", _("Can change bio, photo and links of own profile"))]
        constraints = [focal_point_constraint("author_focal_point_in_percent")]
        # A page of the index of names, read in its order.
        indexes = [models.Index(fields=["name", "id"], name="author_name")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return address("author", self.slug)

    @property
    def picture(self):
        """The photo for templates and the rendition view; None without one."""
        if not self.photo:
            return None
        return Picture(
            "portrait",
            self.photo.name,
            self.photo_width,
            self.photo_height,
            self.focal_x,
            self.focal_y,
        )


class ProfileLink(models.Model):
    """An address at which readers find an author elsewhere."""

    author = models.ForeignKey(Author, models.CASCADE, related_name="links")
    label = models.CharField(_("label"), max_length=60, help_text=_("For example: Mastodon"))
    url = WebAddressField(_("address"), max_length=500)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("profile link")
        verbose_name_plural = _("profile links")
        ordering = ["position", "pk"]
        constraints = [web_address_constraint("url", "profile_link_on_the_web")]

    def __str__(self):
        return self.label
