"use strict";
// Proposes a slug while the name is typed, and the time zone of the browser. The server does
// the first by itself where this file does not run.
const nameField = document.getElementById("id_name");
const slugField = document.getElementById("id_slug");
const zoneField = document.querySelector("#id_timezone[data-propose]");

const SPELT = { ä: "ae", ö: "oe", ü: "ue", ß: "ss", æ: "ae", œ: "oe", ø: "o" };

function slugOf(text) {
  const spelt = text.normalize("NFC").toLowerCase().replace(/[äöüßæœø]/g, (one) => SPELT[one]);
  const plain = spelt.normalize("NFKD").replace(/[^\w\s-]/g, "").trim();
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
