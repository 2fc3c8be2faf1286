// The page lives by its pieces: each has a key and a seal, and only a piece whose seal changed is replaced.
// What a person has typed, where they stand and what has the focus outlive every replacement.
"use strict";
const body = document.body, place = body.dataset, words = JSON.parse(place.words || "{}");
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const named = (root, name, value) => $$("[name]", root).filter((el) => el.name === name && (value === undefined || el.value === value));
const isTick = (el) => el.type === "checkbox" || el.type === "radio";
const lang = document.documentElement.lang;

// ---- time in the reader's own zone, in Slack's date formats
const part = (options) => (at) => new Intl.DateTimeFormat(lang, { hourCycle: "h23", ...options }).format(at);
const dayOf = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
const formats = {
  time: part({ hour: "2-digit", minute: "2-digit" }),
  time_secs: part({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  date: part({ year: "numeric", month: "long", day: "numeric" }),
  date_short: part({ year: "numeric", month: "short", day: "numeric" }),
  date_long: part({ weekday: "long", year: "numeric", month: "long", day: "numeric" }),
  date_num: (at) => `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, "0")}-${String(at.getDate()).padStart(2, "0")}`,
  date_slash: part({ year: "numeric", month: "2-digit", day: "2-digit" }),
  ago: (at) => {
    const minutes = Math.round((at - Date.now()) / 60000), relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
    if (Math.abs(minutes) < 60) return relative.format(minutes, "minute");
    return Math.abs(minutes) < 1440 ? relative.format(Math.round(minutes / 60), "hour") : relative.format(Math.round(minutes / 1440), "day");
  },
};
function written(at, shape) {
  return shape.replace(/\{(\w+?)(_pretty)?\}/g, (whole, name, pretty) => {
    if (!formats[name]) return whole;
    const days = Math.round((dayOf(at) - dayOf(new Date())) / 86400000);
    if (pretty && days === 0) return words.today || formats[name](at);
    if (pretty && days === -1) return words.yesterday || formats[name](at);
    return formats[name](at);
  });
}
const localInput = (seconds) => {
  const at = new Date(seconds * 1000);
  return `${formats.date_num(at)}T${at.toTimeString().slice(0, 5)}`;
};

// ---- what a piece needs after it was drawn
function settle(root) {
  for (const el of $$("time[data-ts]", root)) {
    const at = new Date(Number(el.dataset.ts) * 1000);
    el.textContent = written(at, el.dataset.format);
    el.title = written(at, "{date_long} {time_secs}");
  }
  for (const el of $$("input[data-seconds]", root)) if (el.dataset.seconds && !el.dataset.touched) el.value = localInput(el.dataset.seconds);
  for (const el of $$(".choices.many", root)) filterable(el);
}
function days() {
  for (const log of $$(".log")) {
    let before = "";
    for (const el of $$("article[data-ts]", log)) {
      const at = new Date(Number(el.dataset.ts) * 1000), day = written(at, "{date_long_pretty}");
      if (day !== before) el.dataset.day = day[0].toUpperCase() + day.slice(1); else delete el.dataset.day;
      before = day;
    }
  }
}
function filterable(group) {
  const many = $$("label", group);
  if (many.length < 9 || group.dataset.filter) return;
  group.dataset.filter = "1";
  const box = document.createElement("input");
  Object.assign(box, { type: "search", className: "filter", placeholder: "🔍", autocomplete: "off" });
  box.setAttribute("aria-label", "🔍 " + (group.getAttribute("aria-label") || $("#" + CSS.escape(group.id) + "-label")?.textContent || ""));
  box.addEventListener("input", () => { for (const each of many) each.hidden = !each.textContent.toLowerCase().includes(box.value.toLowerCase()); });
  group.prepend(box);
}

// ---- replacing pieces
function drawn(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}
function carry(old, fresh) {
  for (const el of $$("details[data-fold][open]", old)) { const twin = $(`details[data-fold="${CSS.escape(el.dataset.fold)}"]`, fresh); if (twin) twin.open = true; }
  for (const el of $$("[data-touched]", old)) {
    for (const twin of named(fresh, el.name, isTick(el) ? el.value : undefined)) {
      if (isTick(el)) twin.checked = el.checked; else twin.value = el.value;
      twin.dataset.touched = "1";
    }
  }
}
function replaced(old, html) {
  const fresh = drawn(html), focus = old.contains(document.activeElement) ? document.activeElement : null;
  const scroll = $(".modal-body", old)?.scrollTop, caret = focus && "selectionStart" in focus ? [focus.selectionStart, focus.selectionEnd] : null;
  carry(old, fresh);
  for (const { name, value } of [...fresh.attributes]) if (name !== "open") old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  old.replaceChildren(...fresh.childNodes);
  settle(old);
  if (scroll) $(".modal-body", old).scrollTop = scroll;
  if (focus && old !== focus) refocus(old, focus, caret);
}
function refocus(root, was, caret) {
  const twin = (was.id && $("#" + CSS.escape(was.id), root)) || (was.name && named(root, was.name, isTick(was) || was.tagName === "BUTTON" ? was.value : undefined)[0])
    || (was.getAttribute("aria-label") && $$("[aria-label]", root).find((el) => el.getAttribute("aria-label") === was.getAttribute("aria-label")));
  if (!twin) return;
  twin.focus({ preventScroll: true });
  if (caret && caret[0] !== null) try { twin.setSelectionRange(...caret); } catch { /* not a text field */ }
}
function arrange(pane, items) {
  const here = new Map([...pane.children].map((el) => [el.dataset.key, el]));
  let after = null;
  for (const [key, seal, html] of items) {
    let el = here.get(key);
    if (el && el.dataset.seal !== seal && html) replaced(el, html);
    if (!el && html) { el = drawn(html); settle(el); }
    if (!el) continue;
    const next = after ? after.nextElementSibling : pane.firstElementChild;
    if (el !== next) pane.insertBefore(el, next);
    here.delete(key);
    after = el;
  }
  for (const el of here.values()) { if (el.open && el.close) el.close(); el.remove(); }
}
const atEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 80;
function show(answer) {
  if (answer.go) { location.href = answer.go; return; }
  const logs = $$(".log").map((log) => [log, atEnd(log)]);
  for (const [name, items] of Object.entries(answer.panes || {})) {
    const pane = $(`[data-pane=${name}]`);
    if (pane) arrange(pane, items);
  }
  days();
  for (const [log, end] of logs) if (end) log.scrollTop = log.scrollHeight;
  tellNewest();
  modals();
  if (answer.refused) say(answer.refused);
  place.version = answer.version ?? place.version;
  if ($$("[data-pane=notices] > *").length) setTimeout(refresh, 16000);
  read();
}

// ---- talking to the workspace
const known = () => Object.fromEntries($$("[data-pane] > [data-key]").map((el) => [el.dataset.key, el.dataset.seal]));
async function post(act, more = {}) {
  const asked = { as: place.as, c: place.c, thread: place.thread, home: place.home, known: known(), ...more };
  const answer = await fetch(`/ui/${act}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}
async function act(name, more) {
  try {
    const answer = await post(name, more);
    show(answer);
    return answer;
  } catch {
    say(words.unreachable);
    return { refused: true };
  }
}
let asking = false, again = false;
async function refresh() {
  if (asking) { again = true; return; }
  asking = true;
  try { do { again = false; show(await post("panes")); } while (again); } catch { /* the stream will say so */ } finally { asking = false; }
}
let reading = false;
async function read() {
  if (reading || document.visibilityState !== "visible" || !place.c || !$("nav [aria-current=page] .count")) return;
  reading = true;
  try { show(await post("read")); } finally { reading = false; }
}
function say(sentence, lasting = false) {
  const line = $(".wire");
  if (!line) return;
  line.textContent = sentence;
  line.hidden = !sentence;
  if (!lasting) setTimeout(() => { line.hidden = true; }, 6000);
}
let stream = null; // a hidden tab lets go of its stream: a browser opens only six connections to one server
function listen() {
  if (stream || document.visibilityState !== "visible") return;
  stream = new EventSource(place.stream);
  stream.onmessage = (event) => { if ($(".wire")?.dataset.lost) { delete $(".wire").dataset.lost; $(".wire").hidden = true; } if (event.data !== place.version) (place.reload ? refetch : refresh)(); };
  stream.onerror = () => { if ($(".wire")) { $(".wire").dataset.lost = "1"; say(words.reconnecting, true); } };
}
async function refetch() { // the desk: take the regions of the same page drawn anew
  const fresh = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  for (const region of $$("[data-region]")) {
    const twin = $(`[data-region=${region.dataset.region}]`, fresh);
    if (twin && twin.dataset.seal !== region.dataset.seal) replaced(region, twin.outerHTML);
  }
  place.version = fresh.body.dataset.version;
}

// ---- forms
function formOf(host) {
  const form = {};
  for (const el of $$("[data-action], input[type=hidden][name]", host)) {
    if (!el.name || el.tagName === "BUTTON" || el.tagName === "A") continue;
    form[el.name] ??= [];
    if (!isTick(el) || el.checked) form[el.name].push(el.type === "datetime-local" && el.value ? String(new Date(el.value).getTime() / 1000) : el.value);
    else if (el.type === "radio" && !form[el.name].length && !named(host, el.name).some((twin) => twin.checked)) delete form[el.name];
  }
  return form;
}
const hostOf = (el) => el.closest("[data-view], article[data-ts]");
let opener = null;
async function press(el) {
  const host = hostOf(el);
  if (el.getAttribute("aria-busy") || !(await confirmed(el))) return;
  const form = formOf(host), picked = el.hasAttribute("role") || el.tagName === "BUTTON" ? [el.value] : form[el.name];
  el.setAttribute("aria-busy", "true");
  await act("press", { view: host.dataset.view, ts: host.dataset.ts, block_id: el.dataset.block, action_id: el.dataset.action, picked, form });
  el.removeAttribute("aria-busy");
}
function confirmed(el) {
  if (!el.dataset.confirm) return true;
  const asked = JSON.parse(el.dataset.confirm), box = document.createElement("dialog");
  box.className = "confirm";
  box.setAttribute("aria-labelledby", "confirm-title");
  const made = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });
  const row = made("footer", "");
  row.append(made("button", asked.no, { type: "button", onclick: () => box.close("no") }), made("button", asked.yes, { type: "button", className: asked.style, onclick: () => box.close("yes") }));
  box.append(made("h2", asked.title, { id: "confirm-title" }), made("p", asked.text), row);
  body.append(box);
  box.showModal();
  return new Promise((done) => box.addEventListener("close", () => { box.remove(); done(box.returnValue === "yes"); }));
}
function enter(dialog) { // at the top: what stands above the first field is there to be read first
  const inner = $(".modal-body", dialog), first = $("[autofocus]", inner) || $(":is(input:not([type=hidden]), textarea, select)", inner);
  inner.scrollTop = 0;
  const seen = first && first.getBoundingClientRect().bottom <= inner.getBoundingClientRect().bottom;
  (seen ? first : $("header h2", dialog)).focus({ preventScroll: true });
  inner.scrollTop = 0;
}
function modals() {
  const dialog = $("dialog.modal");
  if (dialog && !dialog.open) {
    opener ??= document.activeElement === body ? null : { el: document.activeElement, key: document.activeElement.closest("[data-key]")?.dataset.key };
    dialog.showModal();
    enter(dialog);
  }
  if (dialog) { const wrong = $(".wrong :is(input, textarea, select)", dialog); if (wrong && dialog.dataset.told !== dialog.dataset.seal) { dialog.dataset.told = dialog.dataset.seal; wrong.focus(); } }
  if (!dialog && opener) {
    const { el, key } = opener, root = key && $(`[data-key="${CSS.escape(key)}"]`);
    opener = null;
    if (el.isConnected && el.offsetParent) el.focus(); else if (root) refocus(root, el); 
    if (document.activeElement === body) $("#say")?.focus();
  }
}
async function submit(dialog) {
  if (dialog.dataset.busy) return;
  dialog.dataset.busy = "1";
  delete dialog.dataset.told;
  clearTimeout(typing);
  await act("submit", { view: dialog.dataset.view, form: formOf(dialog) });
  delete dialog.dataset.busy;
}
async function give(el) { // a file goes to the workspace at once; the form holds its id
  const dialog = el.closest("dialog.modal"), name = el.dataset.upload, sent = [];
  for (const file of el.files) {
    const asked = new URLSearchParams({ as: place.as, name: file.name });
    const answer = await fetch(`/ui/give?${asked}`, { method: "POST", body: file }).then((said) => said.json()).catch(() => ({ refused: words.unreachable }));
    if (answer.refused) { say(answer.refused); return; }
    sent.push(answer.file);
  }
  const form = formOf(dialog);
  form[name] = sent.length ? sent : form[name];
  el.value = "";
  await act("type", { view: dialog.dataset.view, form });
}
let typing = 0;
function typed(el) {
  const host = el.closest("dialog.modal");
  if (el.name) el.dataset.touched = "1";
  if (!host) return;
  clearTimeout(typing);
  typing = setTimeout(() => { post("type", { view: host.dataset.view, form: formOf(host) }).catch(() => {}); if (el.dataset.press === "typing") press(el); }, 400);
}

// ---- composers, with commands and people to complete
const draftOf = (form) => `draft:${place.as}:${place.c}:${form.dataset.composer === "thread" ? place.thread : ""}`;
function grow(box) { box.style.height = "auto"; box.style.height = `${Math.min(box.scrollHeight + 2, 220)}px`; }
async function send(form) {
  const box = form.elements.text, text = box.value.trim();
  if (!text) return;
  box.value = ""; grow(box); complete(box);
  sessionStorage.removeItem(draftOf(form));
  for (const log of $$(".log")) if (log.dataset.pane === (form.dataset.composer === "thread" ? "thread" : "log")) log.scrollTop = log.scrollHeight;
  const answer = await act("say", { text, in_thread: form.dataset.composer === "thread" });
  if (answer.refused && !box.value) { box.value = text; grow(box); }
}
const completions = JSON.parse(place.completions || "[]");
function complete(box) {
  const list = $(".completions", box.form);
  if (!list) return;
  const start = /^\/\S*$/.test(box.value) ? box.value : (/(?:^|\s)(@\S*)$/.exec(box.value.slice(0, box.selectionStart)) || [])[1];
  const found = start ? completions.filter((each) => each.shown.toLowerCase().startsWith(start.toLowerCase()) && each.insert.trim() !== box.value).slice(0, 8) : [];
  list.replaceChildren(...found.map((each, index) => {
    const row = document.createElement("div"), what = document.createElement("strong"), why = document.createElement("small");
    Object.assign(row, { id: `completion-${index}`, onmousedown: (event) => { event.preventDefault(); insert(box, start, each.insert); } });
    row.setAttribute("role", "option");
    row.dataset.insert = each.insert;
    what.textContent = each.shown; why.textContent = each.why;
    row.append(what, why);
    return row;
  }));
  list.dataset.start = start || "";
  list.hidden = !found.length;
  pick(box, list.hidden ? -1 : 0);
}
function pick(box, index) {
  const rows = $$(".completions [role=option]", box.form);
  rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === index)));
  if (rows[index]) { box.setAttribute("aria-activedescendant", rows[index].id); rows[index].scrollIntoView({ block: "nearest" }); } else box.removeAttribute("aria-activedescendant");
}
function insert(box, start, text) {
  const end = box.selectionStart, from = end - start.length;
  box.setRangeText(text, from, end, "end");
  complete(box);
  box.focus();
}
function composerKey(event, box) {
  const list = $(".completions", box.form), rows = list && !list.hidden ? [...list.children] : [];
  const now = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
  if (rows.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    pick(box, (now + (event.key === "ArrowDown" ? 1 : rows.length - 1)) % rows.length);
  } else if (rows.length && (event.key === "Tab" || event.key === "Enter") && now >= 0 && !event.shiftKey) {
    event.preventDefault();
    insert(box, list.dataset.start, rows[now].dataset.insert);
  } else if (rows.length && event.key === "Escape") { list.hidden = true; pick(box, -1);
  } else if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); send(box.form); }
}

// ---- menus, the drawer, moving about
function closeMenus(but) {
  for (const button of $$("[data-menu][aria-expanded=true]")) if (button !== but) { button.setAttribute("aria-expanded", "false"); button.nextElementSibling.hidden = true; }
}
function toggleMenu(button) {
  const menu = button.nextElementSibling, open = menu.hidden;
  closeMenus(button);
  menu.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  if (open) { menu.classList.toggle("upward", button.getBoundingClientRect().bottom > innerHeight * 0.6); $("[role=menuitem]", menu)?.focus({ preventScroll: true }); }
}
function drawer(open) {
  body.classList.toggle("drawer-open", open);
  const veil = $(".veil"), button = $(".drawer-toggle");
  if (!veil) return;
  veil.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  if (open) $(".drawer-close")?.focus(); else button.focus();
}
function tellNewest() {
  const log = $("[data-pane=log]"), button = $(".newest");
  if (button) button.hidden = atEnd(log);
}
const doing = {
  shortcut: (el) => act("shortcut", { callback_id: el.dataset.callback }),
  message_action: (el) => act("message_action", { callback_id: el.dataset.callback, ts: el.dataset.ts }),
  dismiss: (el) => act("dismiss", { ts: el.dataset.ts }),
  join: () => act("join"),
};
document.addEventListener("click", (event) => {
  const el = event.target.closest("button, a, [data-jump], .veil");
  if (!el || !el.matches("[data-menu]")) closeMenus();
  if (!el) return;
  const dialog = el.closest("dialog.modal");
  if (el.matches("[data-menu]")) toggleMenu(el);
  else if (el.matches("[data-close]")) act("close", { view: dialog.dataset.view });
  else if (el.matches("[data-hide]")) el.closest("[data-key]").hidden = true;
  else if (el.matches("[data-do]")) { opener = { el: el.closest(".menu-holder")?.firstElementChild || el, key: el.closest("[data-key]")?.dataset.key }; doing[el.dataset.do](el); }
  else if (el.matches("[data-jump]")) { event.preventDefault(); const to = $(`[data-key="${CSS.escape(el.dataset.jump)}"]`); to?.scrollIntoView({ block: "center" }); to?.animate([{ outline: "3px solid var(--accent)" }, { outline: "3px solid transparent" }], 1600); }
  else if (el.matches(".newest")) { const log = $("[data-pane=log]"); log.scrollTop = log.scrollHeight; }
  else if (el.matches(".drawer-toggle")) drawer(!body.classList.contains("drawer-open"));
  else if (el.matches(".drawer-close, .veil")) drawer(false);
  else if (el.matches("[data-action]")) { if (el.dataset.url) open(el.dataset.url, "_blank", "noopener"); opener = { el: el.closest(".menu-holder")?.firstElementChild || el, key: el.closest("[data-key]")?.dataset.key }; press(el); }
});
document.addEventListener("submit", (event) => {
  if (event.target.matches(".composer")) { event.preventDefault(); send(event.target); }
  else if (event.target.closest("dialog.modal")) { event.preventDefault(); submit(event.target.closest("dialog.modal")); }
});
document.addEventListener("input", (event) => {
  const el = event.target;
  if (el.matches(".composer textarea")) { grow(el); complete(el); sessionStorage.setItem(draftOf(el.form), el.value); } else if (el.dataset.action) typed(el);
  else if (place.reload && el.name) el.dataset.touched = "1";
});
document.addEventListener("change", (event) => {
  const el = event.target;
  if (el.matches(".act-as select")) location.href = `/?as=${el.value}` + (place.home ? "&home=1" : place.c ? `&c=${place.c}` : "");
  else if (el.dataset.upload) give(el);
  else if (el.dataset.press === "change" && el.dataset.action) { opener = { el, key: el.closest("[data-key]")?.dataset.key }; el.dataset.touched = "1"; press(el); }
});
document.addEventListener("keydown", (event) => {
  const el = event.target;
  if (event.isComposing || event.keyCode === 229) return; // an input method is still choosing characters
  if (el.matches(".composer textarea")) composerKey(event, el);
  else if (event.key === "Enter" && el.dataset.press === "enter" && el.tagName !== "TEXTAREA") { event.preventDefault(); press(el); }
  else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && el.closest("dialog.modal")) submit(el.closest("dialog.modal"));
  else if (event.key === "Escape" && $("[data-menu][aria-expanded=true]")) { const button = $("[data-menu][aria-expanded=true]"); closeMenus(); button.focus(); event.preventDefault(); }
  else if (event.key === "Escape" && body.classList.contains("drawer-open")) drawer(false);
  else if (/^Arrow(Down|Up)$/.test(event.key) && el.closest("[role=menu]")) {
    const all = $$("[role=menuitem]", el.closest("[role=menu]")), at = all.indexOf(el);
    all[(at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length].focus();
    event.preventDefault();
  }
});
document.addEventListener("cancel", (event) => {
  if (event.target.matches("dialog.modal")) { event.preventDefault(); if (!$("[data-menu][aria-expanded=true]")) act("close", { view: event.target.dataset.view }); }
}, true);
document.addEventListener("scroll", (event) => { if (event.target.matches?.("[data-pane=log]")) tellNewest(); }, true);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") { stream?.close(); stream = null; } else if (place.stream) { listen(); read(); }
});

settle(document);
days();
for (const log of $$(".log")) log.scrollTop = log.scrollHeight;
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView({ block: "center" });
for (const form of $$(".composer")) { form.elements.text.value = sessionStorage.getItem(draftOf(form)) || ""; grow(form.elements.text); }
if (place.stream) listen();
modals();
read();
if (place.home) act("open_home");
body.dataset.ready = "1";
