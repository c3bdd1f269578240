from django.urls import path

from reports import views

app_name = "reports"

urlpatterns = [
    path("", views.portfolio, name="portfolio"),
    path("orgs/<slug:slug>", views.organization, name="organization"),
]
