"""The desk."""

from .article import ArticleAdmin
from .authors import AuthorAdmin
from .front_page import FrontPageAdmin
from .library import ImageAdmin
from .rubrics import SectionAdmin, SeriesAdmin
from .tags import TagAdmin

__all__ = [
    "ArticleAdmin",
    "AuthorAdmin",
    "FrontPageAdmin",
    "ImageAdmin",
    "SectionAdmin",
    "SeriesAdmin",
    "TagAdmin",
]
