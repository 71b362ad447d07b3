// The desk's keyboard and the link between a value and its cell. Everything it decides is sent to the server, which answers with the record anew.
"use strict";
(() => {
  const zh = document.documentElement.lang.startsWith("zh");
  const t = (one, other) => (zh ? one : other);
  const desk = document.getElementById("desk");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  drop();
  if (!desk) return;
  const locked = "locked" in desk.dataset;
  const base = `/s/${desk.dataset.id}`;
  const filtered = (path) => (desk.dataset.filter ? `${path}?${desk.dataset.filter}` : path);
  let current = null, box = null, last = null, at = 0;

  // ---- the source
  for (const spot of all("i[data-box]")) {
    const [left, top, width, height] = spot.dataset.box.split(",").map((share) => `${share * 100}%`);
    Object.assign(spot.style, { left, top, width, height });
  }
  const cells = (key) => all(`#source [data-cell="${CSS.escape(key)}"]`);
  function mark(key) {
    all(".marked").forEach((one) => one.classList.remove("marked"));
    const found = key ? cells(key) : [];
    found.forEach((one) => one.classList.add("marked"));
    if (found[0]) found[0].scrollIntoView({ block: "center", inline: "nearest" });
  }

  // ---- what is looked at
  const looks = () => all("#record [data-look]");
  function show(item, scroll = true) {
    close();
    all(".current").forEach((one) => one.classList.remove("current"));
    current = item;
    if (!item) return;
    item.classList.add("current");
    if (scroll) item.scrollIntoView({ block: "center", inline: "nearest" });
    item.focus({ preventScroll: true });
    mark(item.dataset.of);
    at = Math.max(looks().indexOf(item), 0);
    open(item);
  }
  function go(step) {
    const found = looks();
    if (!found.length) {
      if (step > 0 && desk.dataset.next) location.href = filtered(`/s/${desk.dataset.next}`);
      return;
    }
    const here = current ? found.indexOf(current) : -1;
    const next = here < 0 ? (step > 0 ? Math.min(at, found.length - 1) : 0) : (here + step + found.length) % found.length;
    show(found[next]);
  }
  const make = (tag, told = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), told);
    made.append(...children);
    return made;
  };
  const key = (name, text, work) => {
    const button = make("button", { type: "button" }, text, " ", make("kbd", {}, name));
    button.addEventListener("click", work);
    return button;
  };
  function open(item) {
    const told = item.dataset;
    box = make("div", { className: "decide" });
    const lines = [];
    if (told.raw) lines.push(`${t("原文", "as written")}：${told.raw}`);
    if (told.sure && told.look) lines.push(`${t("把握", "sure")} ${told.sure}%`);
    if (told.why) lines.push(told.why);
    if (told.suggested) lines.push(`${t("若作", "if it were")} ${told.suggested} ${t("则全表勾稽相符", "the whole form would add up")}`);
    box.append(make("b", {}, told.label || ""), make("div", { className: "raw" }, lines.join("\n")));
    const buttons = make("div", { className: "buttons" });
    if (!locked) {
      if (told.undo) buttons.append(key("U", t("撤回", "take back"), () => undo(told.undo)));
      if (told.about === "value") {
        if (!told.undo || told.look) buttons.append(key("Enter", t("无误", "right"), right));
        buttons.append(key("E", t("更正", "edit"), edit));
        if (!("unstated" in told)) buttons.append(key("0", t("原文没有写", "not stated"), unstated));
        if (told.look) buttons.append(key("B", t("这一表待看的都无误", "right, all of this list"), alike));
        if (told.suggested) buttons.append(key("S", `${t("采用", "take")} ${told.suggested}`, suggested));
      } else if (told.look === "finding") {
        buttons.append(key("Enter", t("属实", "so it is"), right), key("M", t("我们读错", "misread"), misread), key("B", t("这一种都属实", "so are all of this kind"), alike));
      } else if (told.look === "leftover") {
        buttons.append(key("Enter", t("无须读取", "nothing to read"), right), key("A", t("补录", "put in"), missed), key("B", t("都无须读取", "none of these to read"), alike));
      }
    }
    box.append(buttons);
    place(item);
  }
  // The box stands below the list or the pairs of its value, or in its remark.
  function place(item) {
    if (item.tagName === "LI") item.append(box);
    else (item.closest(".wide") ?? item.closest("dl") ?? item).after(box);
    box.scrollIntoView({ block: "nearest" });
  }
  function close() {
    if (box) box.remove();
    box = null;
  }

  // ---- decisions
  function said(item) {
    const told = item.dataset;
    return { about: told.about, record: told.record, field: told.field, ...("unstated" in told ? { unstated: "1" } : { seen: told.seen ?? "" }) };
  }
  let busy = false, asked = 0;
  async function send(values, settled = [current]) {
    if (locked || busy) return;
    busy = true;
    document.getElementById("message").replaceChildren();
    const before = looks().indexOf(current);
    at = before < 0 ? at : before;
    const self = current && { record: current.dataset.record, field: current.dataset.field, about: current.dataset.about };
    let good = false;
    const heard = (event) => { good = event.detail.successful; };
    desk.addEventListener("htmx:afterRequest", heard);
    try {
      await htmx.ajax("POST", `${base}/decide${location.search}`, { source: desk, target: "#record", values });
    } finally {
      busy = false;
      desk.removeEventListener("htmx:afterRequest", heard);
    }
    if (!good) return;
    if (self && values.what !== "undo") last = self;
    close();
    for (const one of settled.filter(Boolean)) delete one.dataset.look; // until the record comes anew
    const found = looks();
    if (found.length) show(found[Math.min(at, found.length - 1)]);
    renew();
  }
  // The record as it stands; not while something is typed into it, then afterwards.
  async function renew() {
    const mine = ++asked;
    const answer = await fetch(`${base}/record${location.search}`, { headers: { "X-Next": desk.dataset.next } });
    if (mine !== asked || !answer.ok) return;
    const text = await answer.text();
    while (box && box.tagName === "FORM") await new Promise((go) => setTimeout(go, 200));
    if (mine !== asked) return;
    const here = current && { ...current.dataset };
    htmx.swap("#record", text, { swapStyle: "outerHTML" });
    desk.dataset.shown = mine;
    const marks = document.getElementById("marks");
    if (marks) {
      const told = JSON.parse(marks.textContent);
      all("#source [data-cell]").forEach((one) => { one.dataset.mark = told[one.dataset.cell] ?? ""; });
    }
    box = current = null;
    const found = looks();
    const same = here && found.find((one) => one.dataset.about === here.about && one.dataset.record === here.record && one.dataset.field === here.field);
    if (found.length) show(same ?? found[Math.min(at, found.length - 1)]);
    else mark(null);
  }
  // All of a list, or all findings of one kind, that still need a look.
  function alike() {
    if (!current || !current.dataset.look) return;
    const of = (one) => (one.dataset.about === "value" ? one.dataset.record.replace(/\[\d+\]$/, "") : one.dataset.field);
    const found = looks().filter((one) => one.dataset.about === current.dataset.about && of(one) === of(current));
    const each = found.map((one) => [one.dataset.about, one.dataset.record, one.dataset.field, "unstated" in one.dataset ? null : one.dataset.seen ?? ""]);
    at = looks().indexOf(found[0]);
    current = found[0];
    send({ what: "all", each: JSON.stringify(each) }, found);
  }
  const right = () => current && send({ ...said(current), what: current.dataset.about === "leftover" ? "nothing" : "right" });
  const misread = () => current && current.dataset.about === "finding" && send({ ...said(current), what: "misread" });
  const suggested = () => current && current.dataset.suggested && send({ ...said(current), what: "suggested" });
  const unstated = () => current && current.dataset.about === "value" && send({ ...said(current), what: "correct", should_be: "" });
  function undo(decision) {
    let told = decision;
    if (!told && last) {
      const found = all("#record [data-undo]").find((one) => one.dataset.record === last.record && one.dataset.field === last.field && one.dataset.about === last.about);
      told = found && found.dataset.undo;
    }
    if (told) send({ what: "undo", decision: told });
  }
  let timer = null;
  function edit() {
    if (!current || current.dataset.about !== "value" || locked) return;
    const item = current, told = item.dataset, numeric = ["money", "rate", "points", "number", "count"].includes(told.kind);
    close();
    const input = make(told.kind === "text" ? "textarea" : "input", { value: told.shown, rows: 3 });
    if (input.tagName === "INPUT") Object.assign(input, { type: told.kind === "date" ? "date" : "text", inputMode: numeric ? "decimal" : "text" });
    const reason = make("input", { type: "text", placeholder: t("理由（可不写）", "reason (may be left out)") });
    const effect = make("div", { id: "effect" });
    const hint = { rate: t("写97.42%或0.9742", "97.42% or 0.9742"), money: t("单位万元", "10,000 yuan"), date: "2022-12-31" }[told.kind] ?? "";
    box = make("form", { className: "decide" }, make("b", {}, `${told.label} `), make("span", { className: "note" }, hint),
      make("div", { className: "raw" }, told.raw ? `${t("原文", "as written")}：${told.raw}` : ""), input, reason, effect,
      make("div", { className: "buttons" }, make("button", {}, t("保存", "Save"), " ", make("kbd", {}, "Enter")), key("Esc", t("放弃", "Cancel"), () => show(item))));
    place(item);
    box.addEventListener("submit", (event) => {
      event.preventDefault();
      send({ ...said(item), what: "correct", should_be: input.value, reason: reason.value });
    });
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => htmx.ajax("POST", `${base}/preview`, { target: "#effect", swap: "innerHTML", values: { record: told.record, field: told.field, should_be: input.value } }), 250);
    });
    input.focus();
    input.select();
  }
  // A value that was missed: the unread cell's text goes into a field of a record, those of its own row first.
  function missed() {
    if (!current || current.dataset.look !== "leftover" || locked) return;
    const item = current, told = item.dataset, [part, block, table, row] = told.record.split("/");
    close();
    const near = (value) => (value.dataset.of ?? "").startsWith(`${part}/${block}/${table}/${row}/`);
    const rows = new Map();
    for (const value of all("#record .value")) {
      const known = rows.get(value.dataset.record) ?? { name: "", near: false };
      known.near ||= table !== "" && near(value);
      if (!known.name && value.textContent.trim() !== "—") known.name = value.textContent.trim().slice(0, 30);
      rows.set(value.dataset.record, known);
    }
    const into = make("select", { name: "into" });
    const options = JSON.parse(document.getElementById("fields").textContent);
    for (const [record, known] of [...rows].sort((one, other) => other[1].near - one[1].near)) {
      const kind = record.replace(/\[\d+\]$/, "").split(".").pop().replace(/\[\d+\]/, "");
      const group = make("optgroup", { label: `${record} ${known.name}` });
      for (const [field, name] of options[kind] ?? []) group.append(make("option", { value: `${record}|${field}` }, name));
      if (group.children.length) into.append(group);
    }
    const input = make("input", { type: "text", value: told.seen.startsWith("sha256:") ? "" : told.seen });
    box = make("form", { className: "decide" }, make("b", {}, t("补录到", "put into")), into, input,
      make("div", { className: "buttons" }, make("button", {}, t("保存", "Save"), " ", make("kbd", {}, "Enter")), key("Esc", t("放弃", "Cancel"), () => show(item))));
    place(item);
    box.addEventListener("submit", (event) => {
      event.preventDefault();
      send({ ...said(item), what: "missed", into: into.value, should_be: input.value });
    });
    into.focus();
  }

  // ---- clicks and keys
  document.addEventListener("click", (event) => {
    const undoing = event.target.closest("button[data-undo]");
    if (undoing) return undo(undoing.dataset.undo);
    if (event.target.closest(".decide")) return undefined;
    const item = event.target.closest("#record [data-about]");
    if (item) return show(item, false);
    const cell = event.target.closest("#source [data-cell]");
    if (cell) {
      const found = all(`#record [data-of="${CSS.escape(cell.dataset.cell)}"]`);
      const best = found.find((one) => one.dataset.look) ?? found[0];
      if (best) show(best);
      else mark(cell.dataset.cell);
    }
    return undefined;
  });
  const works = { n: () => go(1), p: () => go(-1), N: () => go(1), P: () => go(-1), e: edit, E: edit, 0: unstated, s: suggested, S: suggested, m: misread, M: misread, b: alike, B: alike, a: missed, A: missed, u: () => undo(current && current.dataset.undo), U: () => undo(current && current.dataset.undo) };
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "Escape" && current) return show(current);
    if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
    if (typing) {
      if (event.target.tagName === "TEXTAREA" && event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        event.target.form.requestSubmit();
      }
      return undefined;
    }
    if (event.key === "Enter" && current && current.dataset.look && !["A", "BUTTON"].includes(event.target.tagName)) {
      event.preventDefault();
      return right();
    }
    if (event.key === "q" || event.key === "Q") {
      location.href = filtered("/queue");
      return undefined;
    }
    if (event.key === "?") return document.getElementById("keys").showModal();
    if (works[event.key]) {
      event.preventDefault();
      works[event.key]();
    }
    return undefined;
  });
  document.getElementById("help").addEventListener("click", () => document.getElementById("keys").showModal());
  addEventListener("pagehide", () => { if (!locked) fetch(`${base}/let-go`, { method: "POST", keepalive: true }); });
  if (looks().length) go(1);

  // ---- dropping files
  function drop() {
    const form = document.getElementById("drop");
    if (!form) return;
    const stop = (event) => { event.preventDefault(); event.stopPropagation(); };
    for (const name of ["dragenter", "dragover"]) form.addEventListener(name, (event) => { stop(event); form.classList.add("over"); });
    form.addEventListener("dragleave", (event) => { stop(event); form.classList.remove("over"); });
    form.addEventListener("drop", async (event) => {
      stop(event);
      form.classList.remove("over");
      const found = [];
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
      for (const entry of entries) await walk(entry, "", found);
      const data = new FormData();
      found.forEach(([file, name]) => data.append("files", file, name));
      if (form.elements.retry.checked) data.append("retry", "1");
      const answer = await fetch("/upload", { method: "POST", body: data });
      htmx.swap(answer.ok ? "#uploads" : "#message", await answer.text(), { swapStyle: answer.ok ? "afterbegin" : "innerHTML" });
    });
    form.addEventListener("htmx:xhr:progress", (event) => {
      document.getElementById("sending").textContent = event.detail.lengthComputable ? `${Math.round((100 * event.detail.loaded) / event.detail.total)}%` : "";
    });
  }
  async function walk(entry, above, found) {
    if (entry.isFile) return found.push([await new Promise((give, fail) => entry.file(give, fail)), above + entry.name]);
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((give, fail) => reader.readEntries(give, fail));
      if (!some.length) return undefined;
      for (const one of some) await walk(one, `${above}${entry.name}/`, found);
    }
  }
})();
