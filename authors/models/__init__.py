"""People: who writes, who did what, and how they prove who they are."""

from .author import Author, ProfileLink
from .cached_count import CachedCount
from .logged_act import LoggedAct
from .second_factor import RequiredSecondFactor

__all__ = ["Author", "CachedCount", "LoggedAct", "ProfileLink", "RequiredSecondFactor"]
