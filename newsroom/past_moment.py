"""The field of a moment that has passed, which daylight saving may have twice."""

from datetime import datetime

from django import forms
from django.utils import timezone


class PastMomentField(forms.SplitDateTimeField):
    """Reads such an hour as the first of the two, where Django refuses it.

    Whoever notes something in that hour could not save. Of what is to come, an hour too
    early would be an embargo broken: there it is refused.
    """

    def compress(self, data_list):
        try:
            return super().compress(data_list)
        except forms.ValidationError as error:
            first = datetime.combine(*data_list).replace(tzinfo=timezone.get_current_timezone())
            if error.code == "ambiguous_timezone" and first.utcoffset() > later(first):
                return first
            raise


def later(moment):
    """Return the offset from UTC that a moment's time of day has when it comes again."""
    return moment.replace(fold=1).utcoffset()
