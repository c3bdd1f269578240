"use strict";
// Copies the address of a "link to this view". Without this file it is an ordinary link.
for (const link of document.querySelectorAll("a[data-copy]")) {
  if (!navigator.clipboard) break;
  link.addEventListener("click", async (event) => {
    const said = link.parentElement.querySelector("[data-copied]");
    event.preventDefault();
    try {
      await navigator.clipboard.writeText(link.href);
      said.textContent = said.dataset.copied;
    } catch {
      window.location.assign(link.href);
    }
  });
}
