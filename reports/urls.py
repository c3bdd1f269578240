from django.urls import path

from reports import views

app_name = "reports"

urlpatterns = [
    path("", views.portfolio, name="portfolio"),
    path("connect", views.connect, name="connect"),
    path("operation", views.operation, name="operation"),
    path("orgs/", views.start, name="start"),
    path("orgs/<slug:slug>/first-steps", views.first_steps, name="first_steps"),
    path("embed/<str:token>.svg", views.badge, name="badge"),
    path("embed/<str:token>", views.chart, name="chart"),
    path("orgs/<slug:slug>/verdicts/<slug:key>", views.verdict, name="verdict"),
    path("orgs/<slug:slug>/capabilities/<slug:key>", views.capability, name="capability"),
    path("orgs/<slug:slug>", views.organization, name="organization"),
]
