from .article import Article, ArticleByline, ArticleTag, Correction, RelatedRead, Stage, State
from .edition import Address, Edition, EditionByline, EditionImage, EditionTag, PublishingMove
from .image import Image
from .section import Section, Series
from .story import Role, Story
from .tag import Tag

__all__ = [
    "Address",
    "Article",
    "ArticleByline",
    "ArticleTag",
    "Correction",
    "Edition",
    "EditionByline",
    "EditionImage",
    "EditionTag",
    "Image",
    "PublishingMove",
    "RelatedRead",
    "Role",
    "Section",
    "Series",
    "Stage",
    "State",
    "Story",
    "Tag",
]
