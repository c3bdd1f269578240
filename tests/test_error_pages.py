"""Error pages need nothing: no request, no user, no database."""

import pytest
from django.template.loader import render_to_string

PAGES = {
    "400.html": "The request could not be read",
    "403.html": "Not allowed",
    "403_csrf.html": "The form could not be sent",
    "404.html": "Page not found",
    "500.html": "Something went wrong",
}


@pytest.mark.parametrize(("template", "title"), PAGES.items())
def test_error_page_renders_without_any_context(template, title):
    html = render_to_string(template)

    assert f"<h1>{title}</h1>" in html
    assert f"<title>{title} · Plumbline</title>" in html
    assert '<html lang="en" dir="ltr">' in html
    assert 'action="/logout"' not in html


def test_address_that_does_not_exist_answers_with_the_product_s_own_page(client):
    response = client.get("/no-such-page")

    assert response.status_code == 404
    assert "<h1>Page not found</h1>" in response.content.decode()
