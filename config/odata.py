"""Every address of the OData service on one page."""

from django.urls import path, re_path

from reports.api.odata import (
    CountView,
    EntitySetView,
    EntityView,
    MetadataView,
    ServiceView,
    UnknownResource,
)

urlpatterns = [
    path("v4/", ServiceView.as_view(), name="odata-service"),
    path("v4", ServiceView.as_view()),
    path("v4/$metadata", MetadataView.as_view(), name="odata-metadata"),
    re_path(r"^v4/(?P<name>\w+)$", EntitySetView.as_view(), name="odata-set"),
    re_path(r"^v4/(?P<name>\w+)/\$count$", CountView.as_view()),
    re_path(r"^v4/(?P<name>\w+)\((?P<key>[^()/]*)\)$", EntityView.as_view()),
    re_path(r"", UnknownResource.as_view()),
]
