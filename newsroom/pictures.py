"""Pictures between upload and page: cleaned and renamed on the way in, served as renditions."""

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from secrets import token_hex

from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.core.files.storage import default_storage
from django.db import models
from django.http import FileResponse, Http404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from newsroom.images import available_widths, largest_size, open_rendition, parse_rendition_name
from newsroom.uploads import read_upload

FOCAL_POINT_HELP = _("Percent of the way from the edge. Every crop keeps this point in view.")


def free_name(extension):
    """Return a name that no file has, and no stranger guesses."""
    return f"{token_hex(12)}.{extension}"


class PictureWidget(AdminFileWidget):
    """Shows the picture that is stored, as its public rendition; uploads have no address."""

    template_name = "admin/picture_widget.html"


class PictureFormField(forms.FileField):
    """Accepts what ``read_upload`` accepts and hands on the cleaned picture."""

    def widget_attrs(self, widget):
        return {"accept": "image/jpeg,image/png,image/webp,image/avif,image/gif"}

    def to_python(self, data):
        upload = super().to_python(data)
        if upload is None:
            return None
        picture = read_upload(upload)
        picture.name = free_name(picture.extension)
        return picture


class PictureField(models.ImageField):
    """An ImageField whose form cleans the upload and gives it a name nobody can guess."""

    def formfield(self, **kwargs):
        return models.FileField.formfield(
            self, **{**kwargs, "form_class": PictureFormField, "widget": PictureWidget}
        )


def focal_point_field(verbose_name):
    """Return a field for one coordinate of a focal point, in percent from the left or top."""
    return models.PositiveSmallIntegerField(verbose_name, default=50, help_text=FOCAL_POINT_HELP)


def focal_point_constraint(name):
    """Return the check that keeps ``focal_x`` and ``focal_y`` within 0 to 100 percent."""
    return models.CheckConstraint(
        condition=models.Q(focal_x__lte=100, focal_y__lte=100),
        name=name,
        violation_error_message=_("A focal point lies between 0 and 100 percent."),
    )


@contextmanager
def no_file_left_behind(instance, field_name):
    """Remove the file that the block stored for an instance's field if the block fails."""
    before = getattr(instance, field_name).name
    try:
        yield
    except BaseException:
        file = getattr(instance, field_name)
        # Storing an upload puts its folder before the name.
        if file.name != before:
            file.storage.delete(file.name)
        raise


@dataclass(frozen=True)
class Picture:
    """A stored picture and where its renditions are served.

    ``route`` is the URL name that takes the file's name and a rendition's name, behind
    what ``route_args`` holds;
    sizes are in pixels, the focal point in percent.
    """

    route: str
    name: str
    width: int
    height: int
    focal_x: int
    focal_y: int
    route_args: tuple = ()

    def rendition_url(self, rendition_name):
        """Return the public address of a rendition; it changes with the focal point."""
        return f"{self._folder}{rendition_name}?v={self.focal_x}-{self.focal_y}"

    @cached_property
    def _folder(self):
        """What the addresses of all renditions begin with."""
        file = PurePosixPath(self.name).name
        return reverse(self.route, args=[*self.route_args, file, "-"]).removesuffix("-")

    @property
    def thumbnail_url(self):
        """The address of a small rendition, for the desk's lists and forms."""
        return self.cropped_url("square", 80)

    def cropped_url(self, crop, width):
        """Return the address of the crop's rendition that is at least so wide, if there is one."""
        widths = available_widths(crop, self.width, self.height)
        fitting = next((each for each in widths if each >= width), widths[-1])
        return self.rendition_url(f"{crop}-{fitting}.jpg")

    def largest(self, crop):
        """Return (address, width, height) of the largest rendition of a crop, a JPEG."""
        width, height = largest_size(crop, self.width, self.height)
        return self.rendition_url(f"{crop}-{width}.jpg"), width, height


def serve_rendition(picture, rendition_name):
    """Return the response for a rendition, which is made by the first request for it.

    Raises Http404 for a name that is no rendition of this picture.
    """
    try:
        rendition = parse_rendition_name(rendition_name)
        file = open_rendition(
            default_storage,
            picture.name,
            rendition,
            picture.focal_x / 100,
            picture.focal_y / 100,
        )
    except (ValueError, FileNotFoundError) as error:
        raise Http404(str(error)) from error
    response = FileResponse(file, content_type=rendition.mime_type)
    response["Cache-Control"] = "public, max-age=86400"
    response["X-Content-Type-Options"] = "nosniff"
    return response
