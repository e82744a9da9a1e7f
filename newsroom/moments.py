"""The fields of a moment, where daylight saving has hours twice and leaves hours out."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _


def both_of(error):
    """Return both moments of a time that Django's forms refuse as ambiguous; [] if it has none."""
    typed, zone = error.params["datetime"], error.params["current_timezone"]
    first, second = (typed.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return [first, second] if first.utcoffset() > second.utcoffset() else []


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
            both = both_of(error)
        return self.of_two(both[0]) if both else self.of_none()

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


def midnight(moment=None):
    """Return when the day of a moment (default: now) began here; of two midnights the first."""
    local = timezone.localtime(moment)
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def look_the_same(one, other):
    """Whether two moments are shown as the same time; then they are an hour apart at most."""
    shown = [timezone.localtime(each).replace(tzinfo=None, microsecond=0) for each in (one, other)]
    return shown[0] == shown[1]
