"use strict";
// Tabler keys a few component rules on data-bs-theme; app.css follows the system without it.
// Loaded in <head> without defer, so that the first paint already has the right theme.
{
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
  };
  apply();
  dark.addEventListener("change", apply);
}
