from django.contrib.admin.apps import AdminConfig


class PlumblineAdminConfig(AdminConfig):
    """Django's admin with our own site: tenants' ops leads log in there too."""

    default_site = "config.admin.PlumblineAdminSite"
