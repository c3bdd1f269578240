"use strict";
// One question at a time, progress, keys 1 to 5, and a draft that never leaves this browser.
// Without this file the page is a plain form and works as well.
{
  const DRAFT = "plumbline-draft-";
  const typing = window.matchMedia("(hover: hover) and (pointer: fine)");
  const PAUSE = 220; // milliseconds to see one's choice before the next question comes

  const HASTE = 450; // a press on "Skip" this soon was meant for the question before
  const TYPING = 900; // milliseconds in which a 1 and a 0 make a 10
  const SURE = 4000; // milliseconds in which a second press confirms

  // Storage may be switched off; the survey then works without a draft.
  const storage = {
    read(key) {
      try {
        return JSON.parse(localStorage.getItem(DRAFT + key)) ?? {};
      } catch {
        return {};
      }
    },
    write(key, draft) {
      try {
        localStorage.setItem(DRAFT + key, JSON.stringify(draft));
      } catch {
        // nothing to do
      }
    },
    forget(key) {
      try {
        localStorage.removeItem(DRAFT + key);
      } catch {
        // nothing to do
      }
    },
    // Drafts of surveys that take no answers any more, left behind by links never opened again.
    sweep(own) {
      try {
        for (const name of Object.keys(localStorage)) {
          const key = name.slice(DRAFT.length);
          if (!name.startsWith(DRAFT) || key === own) continue;
          if (!(storage.read(key).until * 1000 > Date.now())) storage.forget(key);
        }
      } catch {
        // nothing to do
      }
    },
  };

  const survey = (form) => {
    const steps = [...form.querySelectorAll("[data-step]")];
    const questions = steps.filter((step) => step.dataset.step === "question");
    const find = (name) => form.querySelector(`[data-${name}]`);
    const [progress, bar, count] = [find("progress"), find("bar"), find("count")];
    const [moves, clear, summary] = [find("moves"), find("clear"), find("summary")];
    const next = moves.querySelector("[data-next]");
    const counted = form.querySelector("[data-count]");
    const shared = find("shared");
    const kept = document.querySelector("[data-kept]");
    const clearAll = kept.querySelector("[data-forget-all]");
    const clearWords = clearAll.textContent;
    let typed = { key: "", at: -Infinity };
    let sent = false;
    let at = 0;
    let pending = 0;
    let movedOn = -Infinity;

    const fields = (question) => [...question.querySelectorAll("input, textarea")];
    const valueOf = (question) => {
      const [first] = fields(question);
      if (first.type !== "radio") return first.value.trim();
      return fields(question).find((field) => field.checked)?.value ?? "";
    };
    const setValue = (question, value) => {
      for (const field of fields(question)) {
        if (field.type === "radio") field.checked = field.value === value;
        else field.value = value;
      }
    };
    const fill = (text, numbers) => text.replace(/%([nt])/g, (_, name) => numbers[name]);

    const save = () => {
      if (shared.checked) return;
      const values = {};
      for (const question of questions) {
        const value = valueOf(question);
        if (value !== "") values[question.dataset.item] = value;
      }
      storage.write(form.dataset.draft, { at, values, until: Number(form.dataset.until) });
      kept.hidden = Object.keys(values).length === 0;
    };
    const forgetAll = () => {
      storage.forget(form.dataset.draft);
      kept.hidden = true;
    };

    // The rows as the server would store them, with what is chosen right now.
    const showRows = () => {
      const answers = {};
      const skipped = [];
      for (const question of questions) {
        const value = valueOf(question);
        if (value === "" || question.dataset.scale === "text") continue;
        if (/^\d+$/.test(value)) answers[question.dataset.item] = Number(value);
        else skipped.push(question.dataset.item);
      }
      for (const place of form.querySelectorAll("[data-response-row]")) {
        const row = JSON.parse(place.dataset.responseRow);
        Object.assign(row, { answers, not_applicable: skipped });
        place.textContent = JSON.stringify(row, null, 2);
      }
      for (const place of form.querySelectorAll("[data-comment-row]")) {
        const row = JSON.parse(place.dataset.commentRow);
        const question = questions.find((one) => one.dataset.item === row.item_key);
        row.text = valueOf(question);
        place.textContent = JSON.stringify(row, null, 2);
        place.toggleAttribute("data-unwritten", row.text === "");
      }
    };

    const showSummary = () => {
      const open = questions.filter((question) => valueOf(question) === "");
      const done = questions.length - open.length;
      const words = open.length ? summary.dataset.summaryOpen : summary.dataset.summary;
      summary.textContent = fill(words, { n: done, t: questions.length });
      const list = find("open");
      list.replaceChildren(
        ...open.map((question) => {
          const item = document.createElement("li");
          const back = document.createElement("button");
          back.type = "button";
          back.textContent = question.querySelector("[data-text]").textContent;
          back.addEventListener("click", () => go(steps.indexOf(question)));
          item.append(back);
          return item;
        }),
      );
    };

    const showMoves = () => {
      const step = steps[at];
      const isQuestion = step.dataset.step === "question";
      const answered = isQuestion && valueOf(step) !== "";
      moves.hidden = step.dataset.step === "intro";
      next.hidden = !isQuestion;
      next.textContent = answered ? next.dataset.on : next.dataset.skip;
      next.classList.toggle("btn-primary", answered);
      clear.hidden = !answered;
    };

    const show = ({ focus }) => {
      steps.forEach((step, index) => {
        step.hidden = index !== at;
      });
      form.dataset.at = steps[at].dataset.step;
      const number = questions.indexOf(steps[at]) + 1;
      const numbers = { n: number, t: questions.length };
      progress.hidden = at === 0;
      counted.textContent =
        number > 0 ? fill(counted.dataset.count, numbers) : counted.dataset.countEnd;
      bar.style.setProperty("--sv-done", at / (steps.length - 1));
      if (steps[at].dataset.step === "send") showSummary();
      showMoves();
      if (focus) {
        window.scrollTo(0, 0);
        // On a phone the keyboard would jump over the question before it is read.
        const written = typing.matches && steps[at].querySelector("textarea, [type=number]");
        (written || steps[at]).focus({ preventScroll: true });
      }
    };

    const go = (index) => {
      clearTimeout(pending);
      at = Math.min(Math.max(index, 0), steps.length - 1);
      save();
      show({ focus: true });
    };
    const advance = () => {
      clearTimeout(pending);
      pending = setTimeout(() => {
        go(at + 1);
        movedOn = performance.now();
      }, PAUSE);
    };
    // The answer that a key stands for; a 1 and then a 0 make 10 where there is one.
    const byKey = (step, key) => {
      if (!/^\d$/.test(key)) return null;
      if (step.dataset.scale !== "recommend11") {
        return step.querySelector(`[data-shortcut="${key}"]`);
      }
      const ten = key === "0" && typed.key === "1" && performance.now() - typed.at < TYPING;
      typed = { key, at: performance.now() };
      return fields(step).find((field) => field.value === (ten ? "10" : key)) ?? null;
    };
    const isHasty = () => {
      const step = steps[at];
      const soon = performance.now() - movedOn < HASTE;
      return soon && step.dataset.scale !== "text" && valueOf(step) === "";
    };

    form.addEventListener("input", () => {
      save();
      showRows();
      showMoves();
    });
    form.addEventListener("click", (event) => {
      const target = event.target;
      if (target.closest("[data-next]")) {
        if (!isHasty()) go(at + 1);
      } else if (target.closest("[data-back]")) go(at - 1);
      else if (target.closest("[data-clear]")) {
        setValue(steps[at], "");
        save();
        showRows();
        showMoves();
        steps[at].focus();
      } else if (event.detail > 0 && target.closest(".sv-option")) advance();
      // An arrow key's click has detail 0: choosing by arrows never moves on.
    });
    form.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const step = steps[at];
      if (event.key === "Enter" && step.dataset.step === "question") {
        if (event.target.tagName === "TEXTAREA" || event.target.tagName === "BUTTON") return;
        event.preventDefault();
        go(at + 1);
        return;
      }
      if (event.target.tagName === "TEXTAREA" || event.target.type === "number") return;
      const chosen = byKey(step, event.key);
      if (!chosen) return;
      event.preventDefault();
      chosen.checked = true;
      chosen.focus();
      form.dispatchEvent(new Event("input"));
      // From 0 to 10 a second digit may follow, so that choosing does not move on.
      if (step.dataset.scale !== "recommend11") advance();
    });
    form.addEventListener("submit", (event) => {
      // A second press while the first is on its way; the server would refuse it anyway.
      if (sent) event.preventDefault();
      sent = true;
    });
    window.addEventListener("pageshow", () => {
      sent = false;
    });
    shared.addEventListener("change", () => {
      if (shared.checked) forgetAll();
      else save();
    });
    clearAll.addEventListener("click", () => {
      if (clearAll.textContent === clearWords) {
        clearAll.textContent = clearAll.dataset.sure;
        setTimeout(() => {
          clearAll.textContent = clearWords;
        }, SURE);
        return;
      }
      clearAll.textContent = clearWords;
      for (const question of questions) setValue(question, "");
      showRows();
      go(0);
      forgetAll();
    });

    const faulty = "faulty" in form.dataset;
    if (!faulty) {
      const draft = storage.read(form.dataset.draft);
      for (const question of questions) {
        const value = draft.values?.[question.dataset.item];
        if (value !== undefined) setValue(question, value);
      }
      at = Math.min(Number.isInteger(draft.at) ? draft.at : 0, steps.length - 1);
    } else {
      const wrong = steps.findIndex((step) => step.classList.contains("sv-wrong"));
      at = wrong > 0 ? wrong : 1;
    }
    form.classList.add("sv-live");
    kept.hidden = questions.every((question) => valueOf(question) === "");
    storage.sweep(form.dataset.draft);
    showRows();
    show({ focus: false });
  };

  const form = document.querySelector("[data-survey]");
  if (form) survey(form);
  const done = document.querySelector("[data-forget]");
  if (done) storage.forget(done.dataset.forget);
  if (!form) storage.sweep("");
}
