"""The desk."""

from .article import ArticleAdmin
from .library import ImageAdmin
from .rubrics import SectionAdmin, SeriesAdmin, TagAdmin

__all__ = ["ArticleAdmin", "ImageAdmin", "SectionAdmin", "SeriesAdmin", "TagAdmin"]
