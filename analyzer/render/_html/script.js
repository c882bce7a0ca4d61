// Search, brush, keys, copies. The page is complete without it. Nothing is ever written as HTML.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("with-script");
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const make = (tag, name, parent) => {
    const element = document.createElement(tag);
    element.className = name;
    parent.append(element);
    return element;
  };
  const axis = JSON.parse(find("#report-data").textContent);
  const input = find("#search");
  const state = { anchor: "", query: "", from: null, to: null };

  // --- Items: everything that a search or a span of time may hide.
  const items = all("[data-item]").map((element) => ({
    element,
    kind: element.dataset.item,
    from: element.dataset.from ? Number(element.dataset.from) : null,
    to: element.dataset.to ? Number(element.dataset.to) : null,
    text: null,
  }));
  const aliases = { sev: "severity", file: "source", src: "source", id: "rule" };
  const keys = new Set(["severity", "source", "tag", "rule", "component", "category"]);
  const exact = new Set(["severity", "category"]);
  const severities = ["critical", "high", "medium", "low", "info"];
  // ">=high" and ">medium" are critical and high.
  const expand = (key, value) => {
    const [, sign, word] = key === "severity" ? /^(>=?|<=?)(.+)$/.exec(value) || [] : [];
    const at = word ? severities.findIndex((name) => name.startsWith(word)) : -1;
    if (at < 0) return [value];
    const own = sign.endsWith("=");
    return sign[0] === ">" ? severities.slice(0, at + own) : severities.slice(at + !own);
  };

  function parse(query) {
    const terms = [];
    for (const [whole, not, word, quoted, bare] of query.matchAll(/(!?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/gi)) {
      const key = word ? aliases[word.toLowerCase()] || word.toLowerCase() : "";
      const known = keys.has(key);
      const value = (quoted ?? bare ?? "").toLowerCase();
      const text = !known && word ? whole.slice(not.length).replaceAll('"', "").toLowerCase() : value;
      if (text) terms.push({ not: Boolean(not), key: known ? key : "", values: known && !quoted ? text.split(",").filter(Boolean).flatMap((one) => expand(key, one)) : [text] });
    }
    return terms;
  }

  function holds(item, term) {
    if (term.key) {
      const has = item.element.dataset[term.key];
      // A file has no severity: the term says nothing about it.
      if (has === undefined) return true;
      const low = has.toLowerCase();
      const found = term.values.some((value) => (exact.has(term.key) ? low.startsWith(value) : low.includes(value)));
      return found !== term.not;
    }
    item.text ??= `${item.element.textContent} ${Object.values(item.element.dataset).join(" ")}`.replace(/\s+/g, " ").toLowerCase();
    return item.text.includes(term.values[0]) !== term.not;
  }

  const inSpan = (item) =>
    state.from === null || item.from === null || (item.from < state.to && (item.to ?? item.from) >= state.from);

  function apply() {
    const terms = parse(state.query);
    const shown = {}, total = {};
    for (const item of items) {
      const visible = inSpan(item) && terms.every((term) => holds(item, term));
      item.element.hidden = !visible;
      total[item.kind] = (total[item.kind] || 0) + 1;
      shown[item.kind] = (shown[item.kind] || 0) + visible;
    }
    for (const lane of all("[data-for]")) lane.hidden = Boolean(document.getElementById(lane.dataset.for)?.hidden);
    const active = Boolean(terms.length) || state.from !== null;
    for (const tally of all("[data-tally]")) {
      const kind = tally.dataset.tally;
      tally.dataset.all ??= tally.textContent;
      tally.textContent = active && total[kind] ? `${shown[kind]} of ${total[kind]}` : tally.dataset.all;
    }
    for (const empty of all("[data-empty]")) empty.hidden = !(total[empty.dataset.empty] && !shown[empty.dataset.empty]);
    for (const chip of all("[data-chip]")) {
      const wanted = terms.some((term) => term.key === "severity" && !term.not && term.values.includes(chip.dataset.chip));
      if (wanted) chip.setAttribute("aria-current", "true");
      else chip.removeAttribute("aria-current");
    }
    const count = total.finding || 0;
    find("[data-hits]").textContent = active ? `${shown.finding || 0} of ${count} finding${count === 1 ? "" : "s"}` : "";
    find("[data-clear]").hidden = !active;
    const range = find("[data-clear-range]");
    range.hidden = state.from === null;
    range.textContent = state.from === null ? "" : `${clock(state.from)} to ${clock(state.to)} ×`;
    range.setAttribute("aria-label", `Clear the span ${range.textContent.slice(0, -2)}`);
    drawBrush();
  }

  // --- The address holds the state: #anchor?q=words&t=from-to
  function read() {
    const [anchor, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
    const values = new URLSearchParams(query);
    const span = /^(-?\d+)~(-?\d+)$/.exec(values.get("t") || "");
    try { state.anchor = decodeURIComponent(anchor); } catch { state.anchor = ""; }
    state.query = values.get("q") || "";
    [state.from, state.to] = span && Number(span[1]) < Number(span[2]) ? [Number(span[1]), Number(span[2])] : [null, null];
    input.value = state.query;
    apply();
    const target = state.anchor && document.getElementById(state.anchor);
    if (target) show(target);
  }

  function write() {
    const values = new URLSearchParams();
    if (state.query) values.set("q", state.query);
    if (state.from !== null) values.set("t", `${state.from}~${state.to}`);
    const query = values.toString();
    const hash = `#${encodeURIComponent(state.anchor)}${query ? `?${query}` : ""}`;
    history.replaceState(null, "", hash === "#" ? location.href.split("#")[0] : hash);
  }

  function show(target) {
    const details = target.matches(".card") ? find("details", target) : null;
    if (details) details.open = true;
    for (const card of all(".card.current")) card.classList.remove("current");
    if (details) {
      target.classList.add("current");
      current = cards.indexOf(target);
    }
    if (!target.hidden) target.scrollIntoView({ block: "start" });
  }

  function change(part) {
    Object.assign(state, part);
    apply();
    write();
  }

  // --- Time
  const pad = (number) => String(number).padStart(2, "0");
  function clock(second) {
    const date = new Date(second * 1000);
    if (Number.isNaN(date.getTime())) return "";
    const time = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
    return axis.seconds > 86400 ? `${date.toISOString().slice(0, 10)} ${time}` : time;
  }

  // --- Brush
  const chart = find("[data-chart]");
  const brush = chart && axis.slots ? make("div", "brush", chart) : null;
  const veils = brush ? [make("div", "veil", brush), make("div", "veil", brush)] : [];
  const hair = brush ? make("div", "hair", brush) : null;
  const handles = brush ? ["From", "To"].map((name) => {
    const handle = make("div", "handle", brush);
    handle.tabIndex = 0;
    handle.setAttribute("role", "slider");
    handle.setAttribute("aria-label", `${name}, of the span that filters the page`);
    return handle;
  }) : [];
  const slots = new Map((axis.slots || []).map(([slot, loud, count]) => [slot, { loud, count }]));
  const end = axis.start + axis.seconds;

  function drawBrush() {
    if (!brush) return;
    const from = state.from ?? axis.start, to = state.to ?? end;
    const share = (second) => Math.min(1, Math.max(0, (second - axis.start) / axis.seconds)) * 100;
    brush.classList.toggle("set", state.from !== null);
    veils[0].style.left = "0";
    veils[0].style.width = `${share(from)}%`;
    veils[1].style.left = `${share(to)}%`;
    veils[1].style.right = "0";
    [from, to].forEach((second, index) => {
      const handle = handles[index];
      handle.style.left = `${share(second)}%`;
      handle.setAttribute("aria-valuemin", axis.start);
      handle.setAttribute("aria-valuemax", end);
      handle.setAttribute("aria-valuenow", second);
      handle.setAttribute("aria-valuetext", clock(second));
    });
  }

  function span(from, to) {
    const whole = from <= axis.start && to >= end;
    change(whole ? { from: null, to: null } : { from: Math.max(from, axis.start), to: Math.min(to, end) });
  }

  if (brush) {
    hair.hidden = true;
    const slotAt = (event) => {
      const box = brush.getBoundingClientRect();
      const share = Math.min(0.999999, Math.max(0, (event.clientX - box.left) / box.width));
      return Math.floor((share * axis.seconds) / axis.step);
    };
    const second = (slot) => axis.start + slot * axis.step;
    let pulled = null;
    brush.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const handle = handles.indexOf(event.target);
      const slot = slotAt(event);
      const other = handle < 0 ? slot : Math.round(((handle ? state.from ?? axis.start : (state.to ?? end) - axis.step) - axis.start) / axis.step);
      pulled = { other, first: slot, moved: false };
      brush.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    brush.addEventListener("pointermove", (event) => {
      const slot = slotAt(event);
      const there = slots.get(slot) || { loud: 0, count: 0 };
      find("[data-readout]").textContent = `${clock(second(slot))}: ${there.count.toLocaleString("en")} records, ${there.loud.toLocaleString("en")} of them warnings or worse`;
      hair.hidden = Boolean(pulled);
      hair.style.left = `${((slot + 0.5) * axis.step * 100) / axis.seconds}%`;
      if (!pulled) return;
      if (slot !== pulled.first) pulled.moved = true;
      if (pulled.moved) span(second(Math.min(slot, pulled.other)), second(Math.max(slot, pulled.other) + 1));
    });
    brush.addEventListener("pointerup", () => {
      if (pulled && !pulled.moved) change({ from: null, to: null });
      pulled = null;
    });
    brush.addEventListener("pointercancel", () => { pulled = null; });
    brush.addEventListener("pointerleave", () => {
      hair.hidden = true;
      find("[data-readout]").textContent = "";
    });
    handles.forEach((handle, index) => handle.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity }[event.key];
      if (!steps) return;
      event.preventDefault();
      const now = [state.from ?? axis.start, state.to ?? end];
      const low = index ? now[0] + axis.step : axis.start, high = index ? end : now[1] - axis.step;
      now[index] = Math.min(high, Math.max(low, now[index] + steps * axis.step));
      span(now[0], now[1]);
    }));
  }

  // --- Copies
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", "away", document.body);
      area.value = text;
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }
  const said = new WeakMap();
  async function copied(button, text) {
    await copy(text);
    const label = find("span", button);
    if (!said.has(button)) said.set(button, label.textContent);
    label.textContent = "Copied";
    setTimeout(() => { label.textContent = said.get(button); }, 1500);
  }
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-copy], [data-link], [data-chip], [data-wrap]");
    if (!target) return;
    if (target.matches("[data-chip]")) {
      event.preventDefault();
      toggle(target.dataset.chip);
    } else if (target.matches("[data-wrap]")) {
      target.setAttribute("aria-pressed", target.closest(".quote").classList.toggle("wrapped"));
    } else if (target.matches("[data-link]")) {
      event.preventDefault();
      const id = target.closest(".card").id;
      change({ anchor: id });
      copied(target, `${location.href.split("#")[0]}#${id}`);
    } else {
      const sources = all("[data-copy-text]", target.closest(".copyable"));
      copied(target, sources.map((source) => (source.content || source).textContent).join("\n"));
    }
  });

  function toggle(severity) {
    const rest = state.query.replace(/!?(?:sev|severity):\S*/gi, "").trim();
    const had = parse(state.query).filter((term) => term.key === "severity" && !term.not).flatMap((term) => term.values);
    const now = had.includes(severity) ? had.filter((value) => value !== severity) : [...had, severity];
    input.value = [now.length ? `severity:${now.join(",")}` : "", rest].filter(Boolean).join(" ");
    change({ query: input.value });
  }

  // --- Keys
  const cards = all(".card");
  let current = -1;
  function step(by) {
    const visible = cards.filter((card) => !card.hidden);
    if (!visible.length) return;
    const at = visible.indexOf(cards[current]);
    const next = visible[Math.min(visible.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    current = cards.indexOf(next);
    for (const card of all(".card.current")) card.classList.remove("current");
    next.classList.add("current");
    find("summary", next).focus({ preventScroll: true });
    next.scrollIntoView({ block: "start" });
    state.anchor = next.id;
    write();
  }
  document.addEventListener("focusin", (event) => {
    const card = event.target.closest(".card");
    if (card) current = cards.indexOf(card);
  });
  const help = find("#help");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.key === "Escape") {
      if (document.activeElement === input && input.value) { input.value = ""; change({ query: "" }); }
      else if (document.activeElement === input) input.blur();
      else change({ from: null, to: null });
      return;
    }
    if (event.target.closest("input, textarea, select")) return;
    if (event.key === "/") input.focus();
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "o" && current >= 0) { const details = find("details", cards[current]); details.open = !details.open; }
    else if (event.key === "?") help.showModal();
    else return;
    event.preventDefault();
  });

  // --- Buttons
  input.addEventListener("input", () => change({ query: input.value }));
  find("[data-clear]").addEventListener("click", () => { input.value = ""; change({ query: "", from: null, to: null }); input.focus(); });
  find("[data-clear-range]").addEventListener("click", () => change({ from: null, to: null }));
  find("[data-help]").addEventListener("click", () => help.showModal());
  find("[data-close]").addEventListener("click", () => help.close());
  for (const button of all("[data-fold]")) {
    button.addEventListener("click", () => {
      for (const card of cards) find("details", card).open = button.dataset.fold === "open";
    });
  }
  const themes = ["", "dark", "light"];
  const names = { "": "as the system", dark: "dark", light: "light" };
  const stored = () => { try { return localStorage.getItem("theme") || ""; } catch { return ""; } };
  function theme(name) {
    if (name) root.dataset.theme = name;
    else delete root.dataset.theme;
    find("[data-theme-toggle]").setAttribute("aria-label", `Colours: ${names[name]}`);
    find("[data-theme-toggle]").title = `Colours: ${names[name]}`;
    try { localStorage.setItem("theme", name); } catch { /* A page without storage forgets it. */ }
  }
  find("[data-theme-toggle]").addEventListener("click", () => theme(themes[(themes.indexOf(root.dataset.theme || "") + 1) % 3]));
  if (themes.includes(stored())) theme(stored());

  // --- Print: what is folded is opened, and folded again.
  let folded = [];
  addEventListener("beforeprint", () => { folded = all("details:not([open])"); for (const details of folded) details.open = true; });
  addEventListener("afterprint", () => { for (const details of folded) details.open = false; folded = []; });

  addEventListener("hashchange", read);
  read();
})();
