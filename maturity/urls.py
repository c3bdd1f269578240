"""Addresses of the pages of this app."""

from django.urls import path

from maturity import views

app_name = "maturity"

urlpatterns = [
    path("language", views.language, name="language"),
    path("orgs/<slug:slug>/notifications", views.notifications, name="notifications"),
    path("notifications/unsubscribe/<str:token>", views.unsubscribe, name="unsubscribe"),
    path("orgs/<slug:slug>/evidence/<int:file_id>", views.evidence_file, name="evidence_file"),
]
