from django.urls import path

from surveys import views

app_name = "surveys"

urlpatterns = [
    path("s/results/<str:token>", views.results, name="results"),
    path("s/<str:token>", views.respond, name="respond"),
    path("o/<str:token>", views.opt_out, name="opt_out"),
]
