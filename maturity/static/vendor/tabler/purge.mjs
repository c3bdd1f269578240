// Keeps of tabler.min.css what our pages use: run in the project's root, see VENDORED.md.
import { writeFileSync } from "node:fs";
import { PurgeCSS } from "purgecss";

const CLASSES_AND_ELEMENTS = /class(?:Name)?\s*=\s*["'`]([^"'`]*)["'`]|<([a-z][a-z0-9]*)/g;
const [source, target] = process.argv.slice(2);

const [kept] = await new PurgeCSS().purge({
  css: [source],
  content: [
    "templates/*.html",
    "templates/{maturity,registration,reports,surveys}/**/*.html",
    "{maturity,surveys}/static/{maturity,surveys}/*.js",
  ],
  defaultExtractor: (text) =>
    [...text.matchAll(CLASSES_AND_ELEMENTS)].flatMap(([, classes, element]) =>
      element ? [element] : classes.split(/\s+/),
    ),
  // What forms and scripts put on elements, in no template to be seen.
  safelist: [
    "html", "body", "img", "svg", "input", "button", "select", "textarea", "label", "fieldset",
    "legend", "is-invalid", "invalid-feedback", "disabled", "active", "show", "form-check",
    "form-check-input", "form-check-label", "form-hint",
  ],
  dynamicAttributes: ["data-bs-theme", "type", "dir", "disabled", "readonly", "size", "multiple"],
  fontFace: true,
  keyframes: true,
});
writeFileSync(target, kept.css);
