"use strict";
// Proposes a slug while the name is typed, and the time zone of the browser. The server does
// the first by itself where this file does not run.
const nameField = document.getElementById("id_name");
const slugField = document.getElementById("id_slug");
const zoneField = document.querySelector("#id_timezone[data-propose]");

function slugOf(text) {
  const plain = text.normalize("NFKD").replace(/[^\w\s-]/g, "").trim().toLowerCase();
  return plain.replace(/[-\s]+/g, "-").slice(0, 60).replace(/^[-_]+|[-_]+$/g, "");
}

let own = slugField.value !== "";
slugField.addEventListener("input", () => {
  own = slugField.value !== "";
});
nameField.addEventListener("input", () => {
  if (!own) slugField.value = slugOf(nameField.value);
});
if (zoneField) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const option = [...zoneField.options].find((each) => each.value === here);
  if (option) option.selected = true;
}
