"use strict";
// The score sheet works without this file; with it one sees at once how far one is and what a
// level counts for, and scores from the keyboard.
{
  const sheet = document.querySelector("[data-score-sheet]");
  const texts = JSON.parse(document.getElementById("score-sheet-texts").textContent);
  const rules = texts.rules;
  const rows = [...sheet.querySelectorAll("[data-capability]")];
  const STATE_KEYS = { n: "not_assessed", u: "unknown", a: "not_applicable" };
  const DAY = 24 * 60 * 60 * 1000;

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const radios = (row) => [...row.querySelectorAll("[data-levels] input[type=radio]")];
  const chosen = (row) => radios(row).find((radio) => radio.checked);
  const field = (row, name) => row.querySelector(`[name$="-${name}"]`);

  // --- what a level counts for --------------------------------------------------------------

  const whyNot = (row, level) => {
    const parts = [
      [field(row, "evidence_ref"), texts.link],
      [field(row, "evidence_kind"), texts.kind],
      [field(row, "evidence_date"), texts.date],
    ];
    if (row.querySelector("[data-shared] input:checked")) return "";
    const missing = parts.filter(([input]) => !input.value.trim()).map(([, name]) => name);
    if (missing.length) {
      const last = missing.pop();
      const names = missing.length ? missing.join(", ") + texts.and + last : last;
      return fill(texts.missing, { level, parts: names });
    }
    if (level >= 4 && !rules.level_4_needs_kind.includes(parts[1][0].value)) {
      return fill(texts.wrong_kind, { level });
    }
    const observed = parts[2][0];
    const age = (Date.parse(observed.max) - Date.parse(observed.value)) / DAY;
    const days = rules.max_age_days[level];
    return age > days ? fill(texts.too_old, { level, days }) : "";
  };

  const explain = (row) => {
    const hint = row.querySelector("[data-hint]");
    const choice = chosen(row)?.value;
    const level = Number(choice);
    let state = "";
    let text = fill(texts.not_yet, { from: rules.required_from_level });
    if (level >= rules.required_from_level) {
      const reason = whyNot(row, level);
      state = reason ? "capped" : "holds";
      text = reason
        ? fill(texts.capped, { cap: rules.unsubstantiated_cap, reason })
        : fill(row.querySelector("[data-shared] input:checked") ? texts.shared : texts.holds, {
            level,
          });
    } else if (choice) {
      text = level ? texts.needs_none : texts.not_a_level;
    }
    hint.dataset.state = state;
    if (hint.textContent !== text) hint.textContent = text;
    const proposed = propose(row);
    row
      .querySelector("[data-claim]")
      .toggleAttribute("data-wanted", proposed > 0 && level > proposed);
    row.querySelector("[data-exempt]").toggleAttribute("data-wanted", choice === "not_applicable");
  };

  // The highest level whose checks up to it all hold, as the record works it out; 0: none ticked.
  const propose = (row) => {
    const checks = [...row.querySelectorAll("[data-check]")];
    const line = row.querySelector("[data-proposed]");
    let level = 0;
    if (checks.some((each) => each.value)) {
      level = 1;
      const holds = (each) => ["pass", "not_applicable"].includes(each.value);
      for (let next = 2; next <= 5; next += 1) {
        if (!checks.filter((each) => Number(each.dataset.check) === next).every(holds)) break;
        level = next;
      }
    }
    const text = level ? fill(texts.proposed, { level }) : "";
    if (line.textContent.trim() !== text) line.textContent = text;
    return level;
  };

  // --- how far one is -----------------------------------------------------------------------

  const nextButton = sheet.querySelector("[data-next]");
  const markButtons = [...sheet.querySelectorAll("[data-mark-rest]")];
  const count = () => {
    let done = 0;
    for (const area of sheet.querySelectorAll("[data-area]")) {
      const own = rows.filter((row) => area.contains(row));
      const here = own.filter(chosen).length;
      done += here;
      const link = sheet.querySelector(`[data-area-link="${area.dataset.area}"]`);
      link.querySelector("[data-chosen]").textContent = here;
      link.toggleAttribute("data-done", here === own.length);
    }
    const progress = fill(texts.progress, { chosen: done, total: rows.length });
    const line = sheet.querySelector("[data-progress]");
    if (line.textContent !== progress) line.textContent = progress;
    sheet.querySelector("[data-meter]").value = done;
    nextButton.hidden = done === rows.length;
    for (const button of markButtons) button.hidden = done === rows.length;
  };

  const goTo = (row) => {
    if (!row) return;
    row.scrollIntoView({ block: "start" });
    (chosen(row) ?? radios(row)[0]).focus({ preventScroll: true });
  };

  // --- scoring ------------------------------------------------------------------------------

  let unsaved = Boolean(sheet.querySelector("[data-faults], [data-conflict]"));
  const choose = (row, value) => {
    const radio = radios(row).find((each) => each.value === value);
    radio.checked = true;
    radio.focus({ preventScroll: true });
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  };

  sheet.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-capability]");
    const inLevels = event.target.closest("[data-levels]") && event.target.type === "radio";
    if (!row || !inLevels || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const index = rows.indexOf(row);
    if (/^[1-5]$/.test(key)) choose(row, key);
    else if (STATE_KEYS[key]) choose(row, STATE_KEYS[key]);
    else if (key === "j") goTo(rows[index + 1]);
    else if (key === "k") goTo(rows[index - 1]);
    else if (key === "c") confirmRow(row);
    else return;
    event.preventDefault();
  });

  // One key says that a carried value still holds, and goes on to the next.
  const confirmRow = (row) => {
    const box = field(row, "confirmed");
    if (!box) return;
    box.checked = true;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    goTo(rows[rows.indexOf(row) + 1]);
  };

  const changed = (event) => {
    unsaved = true;
    keepSoon();
    const row = event.target.closest("[data-capability]");
    if (row) explain(row);
    if (event.target.type === "radio") count();
  };
  sheet.addEventListener("input", changed);
  sheet.addEventListener("change", changed);

  // --- drafts -------------------------------------------------------------------------------

  const status = sheet.querySelector("[data-autosave]");
  let waiting = null;
  let saving = false;
  let stopped = Boolean(sheet.querySelector("[data-conflict]"));
  const say = (text) => {
    if (status.textContent !== text) status.textContent = text;
  };
  const keepSoon = () => {
    clearTimeout(waiting);
    if (!stopped) waiting = setTimeout(keep, 1500);
  };
  const keep = async () => {
    if (saving) return keepSoon();
    saving = true;
    unsaved = false;
    say(texts.saving);
    const body = new FormData(sheet);
    body.append("save_draft", "1");
    try {
      const response = await fetch(sheet.action, {
        method: "POST",
        body,
        headers: { Accept: "application/json" },
      });
      if (response.status === 409) {
        stopped = true;
        say(texts.conflict);
      } else if (response.ok) kept(await response.json());
      else throw new Error(response.status);
    } catch {
      say(texts.not_saved);
      unsaved = true;
    } finally {
      saving = false;
    }
  };
  const kept = (answer) => {
    sheet.elements.draft.value = answer.draft;
    sheet.elements.version.value = answer.version;
    history.replaceState(null, "", answer.url);
    const counts = {};
    for (const row of rows) {
      const mark = answer.marks[row.dataset.capability];
      counts[mark] = (counts[mark] ?? 0) + 1;
      row.dataset.mark = mark;
      row.querySelector("[data-mark-text]").textContent = texts.marks[mark];
    }
    for (const each of sheet.querySelectorAll("[data-count]"))
      each.textContent = counts[each.dataset.count] ?? 0;
    say(fill(texts.saved, { time: new Date().toLocaleTimeString() }));
  };

  nextButton.addEventListener("click", () => {
    const from = rows.findIndex((row) => row.contains(lastFocus));
    const ahead = [...rows.slice(from + 1), ...rows.slice(0, from + 1)];
    goTo(ahead.find((row) => !chosen(row)));
  });
  let lastFocus = null;
  sheet.addEventListener("focusin", (event) => {
    if (event.target.closest("[data-capability]")) lastFocus = event.target;
  });

  for (const button of markButtons) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      const rest = rows.filter((row) => !chosen(row));
      for (const row of rest) {
        radios(row).find((radio) => radio.value === STATE_KEYS.n).checked = true;
        explain(row);
      }
      unsaved = true;
      keepSoon();
      count();
      sheet.querySelector("[data-progress]").textContent = fill(texts.marked, {
        count: rest.length,
      });
      sheet.querySelector("[data-save]").focus();
    });
  }

  // --- reading ------------------------------------------------------------------------------

  for (const row of rows) {
    const more = row.querySelector("[data-more]");
    more.hidden = false;
    more.addEventListener("click", () => {
      const open = row.toggleAttribute("data-open");
      more.setAttribute("aria-expanded", String(open));
    });
  }

  const links = [...sheet.querySelectorAll("[data-area-link]")];
  const mark = (key) => {
    for (const link of links) {
      const current = link.dataset.areaLink === key;
      if (current && link.getAttribute("aria-current") !== "true") {
        const strip = sheet.querySelector("[data-areas]");
        strip.scrollTo({ left: link.offsetLeft - strip.clientWidth / 3 });
      }
      if (current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  // A thin line below the sticky bar: the area that crosses it is the one being read.
  const reading = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) if (entry.isIntersecting) mark(entry.target.dataset.area);
    },
    { rootMargin: "-120px 0px -80% 0px" },
  );
  for (const area of sheet.querySelectorAll("[data-area]")) reading.observe(area);

  // --- saving -------------------------------------------------------------------------------

  // What is shown as last time belongs to the scope the page came with.
  const shown = [sheet.elements.unit, sheet.elements.valid_from].map((input) => input.value);
  const compareScope = () => {
    const now = [sheet.elements.unit, sheet.elements.valid_from].map((input) => input.value);
    sheet.toggleAttribute("data-other-scope", now.join() !== shown.join());
  };
  sheet.elements.unit.addEventListener("change", compareScope);
  sheet.elements.valid_from.addEventListener("input", compareScope);
  // What is recorded stays for good, so a stray Enter in a field must not record it.
  sheet.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
  });
  sheet.addEventListener("submit", () => {
    unsaved = false;
    clearTimeout(waiting);
    // Disabled only after the form's data was collected.
    setTimeout(() => (sheet.querySelector("[data-save]").disabled = true));
  });
  window.addEventListener("pageshow", () => {
    sheet.querySelector("[data-save]").disabled = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  sheet.dataset.live = "";
  nextButton.hidden = false;
  sheet.querySelector("[data-keys]").hidden = false;
  rows.forEach(explain);
  count();
  // Unfold shows the page only now, too late for the browser's own autofocus.
  requestAnimationFrame(() => sheet.querySelector("[autofocus]")?.focus());
}
