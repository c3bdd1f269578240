"""How people of the journeys log in."""

from playwright.sync_api import Page

PASSWORD = "plumb-and-level-7"


def log_in(page: Page, origin: str, name: str = "ana") -> None:
    page.goto(f"{origin}/admin/")
    page.get_by_label("E-mail address").fill(f"{name}@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{origin}/admin/")
