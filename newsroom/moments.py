"""The fields of a moment, where daylight saving has hours twice and leaves hours out."""

from datetime import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _


class MomentField(forms.SplitDateTimeField):
    """Refuses such an hour in words that say what to do.

    An hour too early would be an embargo broken.
    """

    def compress(self, data_list):
        try:
            return super().compress(data_list)
        except forms.ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
        first = datetime.combine(*data_list).replace(tzinfo=timezone.get_current_timezone())
        return self.of_two(first) if first.utcoffset() > _later(first) else self.of_none()

    def of_two(self, first):
        """Return which of two is meant, the first of them given, or raise a ValidationError."""
        raise forms.ValidationError(
            _("The clocks are put back: there is this time twice. Choose one outside that hour."),
            "twice",
        )

    def of_none(self):
        raise forms.ValidationError(
            _("The clocks are put forward: there is no such time. Choose another."),
            "left out",
        )


class PastMomentField(MomentField):
    """Reads an hour that there was twice as the first: who notes something in it has to save."""

    def of_two(self, first):
        return first


def look_the_same(one, other):
    """Whether two moments are shown as the same time; then they are an hour apart at most."""
    shown = [timezone.localtime(each).replace(tzinfo=None, microsecond=0) for each in (one, other)]
    return shown[0] == shown[1]


def _later(moment):
    """Return the offset from UTC that a moment's time of day has when it comes again."""
    return moment.replace(fold=1).utcoffset()
