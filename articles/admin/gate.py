"""The rules about one story (``articles.roles``), as Django's admin asks for them."""

from django.contrib import admin

from articles import roles


class StoryGate(admin.ModelAdmin):
    """The part of the article's admin that says who may do what with which story."""

    def get_queryset(self, request):
        return roles.visible_articles(request.user, super().get_queryset(request))

    def has_view_permission(self, request, obj=None):
        return roles.may_see_article(request.user, obj)

    def has_change_permission(self, request, obj=None):
        return roles.may_change_article(request.user, obj)

    def has_delete_permission(self, request, obj=None):
        return roles.may_delete_article(request.user, obj)

    def may_publish(self, request):
        return request.user.has_perm("articles.publish_article")
