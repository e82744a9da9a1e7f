from .address import Address
from .article import Article, DeletedStory, Stage, State
from .article_rows import ArticleByline, ArticleImage, ArticleTag, Correction, RelatedRead
from .edition import Edition
from .edition_rows import EditionByline, EditionImage, EditionTag
from .front_page import FrontPage, FrontPagePick
from .handover import Handover
from .image import Image, ReplacedFile
from .page_change import PageChange
from .preview_link import PreviewLink
from .publishing_move import PublishingMove
from .search import IndexedEdition, KnownWord, MergedTag
from .section import FormerSlug, Section, Series
from .sitting import Sitting
from .story import Role, Story
from .tag import Tag

__all__ = [
    "Address",
    "Article",
    "ArticleByline",
    "ArticleImage",
    "ArticleTag",
    "Correction",
    "DeletedStory",
    "Edition",
    "EditionByline",
    "EditionImage",
    "EditionTag",
    "FormerSlug",
    "FrontPage",
    "FrontPagePick",
    "Handover",
    "Image",
    "IndexedEdition",
    "KnownWord",
    "MergedTag",
    "PageChange",
    "PreviewLink",
    "PublishingMove",
    "RelatedRead",
    "ReplacedFile",
    "Role",
    "Section",
    "Series",
    "Sitting",
    "Stage",
    "State",
    "Story",
    "Tag",
]
