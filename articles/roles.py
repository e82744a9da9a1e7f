"""Who may do what at the desk: the roles, and the rules about one story or one picture.

A role is one of Django's groups. What it holds stands in ``ROLES``; what a permission
on *own* stories means stands in the functions below, which the admin asks everywhere.
"""

from django.apps import apps as installed

from articles.models import State


def _all(*models):
    return {
        f"{app}.{action}_{model}"
        for app, _, model in (name.partition(".") for name in models)
        for action in ("add", "change", "delete", "view")
    }


PROFILES = _all("authors.author")
STORIES = {
    "articles.publish_article",
    *_all(
        "articles.article",
        "articles.frontpage",
        "articles.image",
        "articles.section",
        "articles.series",
        "articles.tag",
    ),
}
# Rows that stand on another row's page (bylines, links) need none of their own.
ROLES = {
    "Reporter": {
        "articles.add_article",
        "articles.change_own_article",
        "articles.add_image",
        "articles.view_image",
        "articles.view_tag",
        "authors.view_author",
        "authors.change_own_author",
    },
    "Editor": STORIES | {"authors.view_author", "authors.change_own_author"},
    "Profile manager": PROFILES,
    "Administrator": STORIES
    | PROFILES
    | _all("auth.user", "auth.group")
    | {"authors.view_loggedact"},
}


def make_roles(using, apps=installed, **kwargs):
    """Make the groups that are missing, once the tables and permissions are there.

    Called after each migration; a group that exists is the newsroom's own to change.
    """
    try:
        Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:
        return
    there = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.using(using).values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    for name, permissions in ROLES.items():
        # A database that is migrated half way has no such permissions yet.
        if permissions <= there.keys():
            group, made = Group.objects.using(using).get_or_create(name=name)
            if made:
                group.permissions.set(there[permission] for permission in permissions)


def sees_every_article(user):
    """Whether somebody may see all working copies, and not their own and published ones alone."""
    return user.has_perm("articles.view_article") or user.has_perm("articles.change_article")


def is_own(user, article):
    """Whether somebody began the story, or stands in its byline."""
    return article.created_by_id == user.pk or any(
        line.author and line.author.user_id == user.pk for line in article.bylines.all()
    )


def may_see_article(user, article=None):
    """Whether somebody may see the working copy; without one, whether any."""
    if sees_every_article(user):
        return True
    if not user.has_perm("articles.change_own_article"):
        return False
    return article is None or is_own(user, article) or article.editions.begun().exists()


def may_change_article(user, article=None):
    """Whether somebody may change the working copy: an own one until readers are to have it."""
    if user.has_perm("articles.change_article"):
        return True
    if not user.has_perm("articles.change_own_article"):
        return False
    return article is None or (is_own(user, article) and not _is_for_readers(article))


def may_delete_article(user, article=None):
    """Whether somebody may delete the working copy: what was ever published stays on record."""
    if not (
        user.has_perm("articles.delete_article") or user.has_perm("articles.change_own_article")
    ):
        return False
    if article is None:
        return True
    return not article.editions.exists() and (
        user.has_perm("articles.delete_article") or is_own(user, article)
    )


def may_change_image(user, image=None):
    """Whether somebody may change a picture: an own one until readers see it."""
    if user.has_perm("articles.change_image"):
        return True
    if not user.has_perm("articles.add_image"):
        return False
    return image is None or (image.uploaded_by_id == user.pk and not image.editions.exists())


def visible_articles(user, articles):
    """Return those of a queryset of articles that ``may_see_article`` lets somebody see."""
    if sees_every_article(user):
        return articles
    if not user.has_perm("articles.change_own_article"):
        return articles.none()
    return articles.own_or_published(user)


def _is_for_readers(article):
    """Whether readers have the story, had it, or are going to."""
    if hasattr(article, "state"):
        return article.state != State.DRAFT
    return article.editions.that_hold().exists()
