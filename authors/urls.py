from django.urls import path

from authors import views

urlpatterns = [
    path("portraits/<str:name>/<str:rendition>", views.portrait, name="portrait"),
]
