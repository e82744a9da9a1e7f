"""A new slug for a section, series, tag or author: the old address leads to the new one."""

from articles.models import FormerSlug
from authors.log_admin import LogsDeletions


class FormerSlugs(LogsDeletions):
    """The part of an admin that keeps the slug which its model's row had."""

    def save_model(self, request, obj, form, change):
        rows = self.model.objects.filter(pk=obj.pk)
        before = rows.values_list("slug", flat=True).first() if change else None
        super().save_model(request, obj, form, change)
        if before and before != obj.slug:
            FormerSlug.objects.record(obj, before)
