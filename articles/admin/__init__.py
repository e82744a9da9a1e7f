"""The desk."""

from .article import ArticleAdmin
from .front_page import FrontPageAdmin
from .library import ImageAdmin
from .rubrics import SectionAdmin, SeriesAdmin, TagAdmin

__all__ = [
    "ArticleAdmin",
    "FrontPageAdmin",
    "ImageAdmin",
    "SectionAdmin",
    "SeriesAdmin",
    "TagAdmin",
]
