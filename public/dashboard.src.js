// Progressive enhancement of the server's pages. Every page is complete without it; nothing here draws or computes figures.
// Talks only to its own origin and to localStorage (`trackflow-theme`). Neighbours: theme.js (before the first paint), the chart islands.
const root = document.documentElement;
const one = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

// ---- Menus -------------------------------------------------------------------------------------------------------

const closeMenus = (except) => all("details.menu[open]").forEach((menu) => menu !== except && (menu.open = false));

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.menu"));
  const theme = event.target.closest("[data-theme-choice]");
  if (theme) chooseTheme(theme.dataset.themeChoice);
  const copy = event.target.closest("[data-copy]");
  if (copy) copySnippet(copy);
  if (event.target.closest("[data-shortcuts]")) showShortcuts();
});

document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

// ---- Theme -------------------------------------------------------------------------------------------------------

const storedTheme = () => {
  try {
    return localStorage.getItem("trackflow-theme");
  } catch {
    return null;
  }
};

function showTheme(choice) {
  all("[data-theme-choice]").forEach((button) => button.setAttribute("aria-pressed", button.dataset.themeChoice === choice));
}

function chooseTheme(choice) {
  try {
    if (choice === "system") localStorage.removeItem("trackflow-theme");
    else localStorage.setItem("trackflow-theme", choice);
  } catch { /* storage is blocked: the choice lasts until the page is left */ }
  if (choice === "system") delete root.dataset.theme;
  else root.dataset.theme = choice;
  showTheme(choice);
  // The chart islands read the colours again
  document.dispatchEvent(new CustomEvent("trackflow:theme"));
}

showTheme(storedTheme() || "system");

// ---- Copying the snippet -----------------------------------------------------------------------------------------

async function copySnippet(button) {
  const source = one(button.dataset.copy);
  const status = one("[data-copy-status]", button.parentElement);
  let words = "Copied";
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    // Plain HTTP has no clipboard: select the text, so that one key press copies it
    getSelection().selectAllChildren(source);
    words = "Selected: press Ctrl+C or ⌘C";
  }
  if (status) {
    status.textContent = words;
    setTimeout(() => (status.textContent = ""), 4000);
  }
}

// ---- Keyboard ----------------------------------------------------------------------------------------------------

const showShortcuts = () => {
  closeMenus();
  const dialog = one("#shortcuts");
  if (dialog && !dialog.open) dialog.showModal();
};

// Arrow keys walk what lies beside the focus: rows of a table, items of a menu, countries of the map, cards
const WALKS = [
  ["tbody", "tbody .row-link", "ArrowDown", "ArrowUp"],
  [".popover", ".popover :is(a, button, input, select)", "ArrowDown", "ArrowUp"],
  [".map", ".map a", "ArrowRight", "ArrowLeft"],
  [".cards", ".cards > a", "ArrowRight", "ArrowLeft"],
  [".tabs, .segments", ":is(.tabs, .segments) > *", "ArrowRight", "ArrowLeft"],
];

function walk(event) {
  const here = document.activeElement;
  const menu = here.closest("details.menu[open]");
  if (menu && here.localName === "summary" && event.key === "ArrowDown") {
    one(".popover :is(a, button, input, select)", menu)?.focus();
    return true;
  }
  if (here.matches("input, select, textarea")) return false;
  for (const [box, items, forth, back] of WALKS) {
    const around = here.closest(box);
    if (!around || !here.matches(items) || (event.key !== forth && event.key !== back)) continue;
    const list = all(items, around.parentElement).filter((item) => around.contains(item) && item.checkVisibility?.() !== false);
    list[list.indexOf(here) + (event.key === forth ? 1 : -1)]?.focus();
    return true;
  }
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.key === "Escape") {
    const menu = document.activeElement.closest("details.menu[open]");
    if (menu) one("summary", menu).focus();
    closeMenus();
    return;
  }
  if (event.key.startsWith("Arrow")) {
    if (!event.altKey && !event.ctrlKey && !event.metaKey && walk(event)) event.preventDefault();
    return;
  }
  if (event.altKey || event.ctrlKey || event.metaKey || one("dialog[open]")) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  if (event.key === "?") {
    event.preventDefault();
    showShortcuts();
  } else if (event.key === "/") {
    const menu = one("details.filter-menu");
    if (!menu) return;
    event.preventDefault();
    closeMenus();
    menu.open = true;
    one("select, input:not([type=hidden])", menu)?.focus();
  } else if (/^[a-z]$/i.test(event.key)) {
    one(`a[data-shortcut="${event.key.toLowerCase()}"]`)?.click();
  }
});

// ---- The map tells the country under the pointer or the focus -----------------------------------------------------

for (const kind of ["pointerover", "focusin", "pointerout", "focusout"]) {
  document.addEventListener(kind, (event) => {
    const map = event.target.closest?.(".map");
    const readout = map && one("[data-map-readout]", map);
    if (!readout) return;
    readout.dataset.rest ??= readout.textContent;
    const country = kind.endsWith("out") ? null : event.target.closest("a");
    readout.textContent = country?.getAttribute("aria-label") || readout.dataset.rest;
  });
}

// ---- Live figures: only while the page is visible -----------------------------------------------------------------

// Asks `ask` every `seconds`, never twice at once, at once again when the page comes back to view. `ask` returns false to end it.
function every(seconds, ask) {
  let timer;
  let isAsking = false;
  const turn = async () => {
    clearTimeout(timer);
    if (document.hidden || isAsking) return;
    isAsking = true;
    let goesOn = true;
    try {
      goesOn = (await ask()) !== false;
    } catch { /* offline or restarting: the next turn tries again */ }
    isAsking = false;
    if (goesOn) timer = setTimeout(turn, seconds * 1000);
    else document.removeEventListener("visibilitychange", turn);
  };
  document.addEventListener("visibilitychange", turn);
  timer = setTimeout(turn, seconds * 1000);
}

const getJson = async (url) => {
  const answer = await fetch(url, { headers: { accept: "application/json" }, cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
};

const check = one("[data-check-url]:not(.received)");
if (check) {
  every(1, async () => {
    const { received } = await getJson(check.dataset.checkUrl);
    if (!received) return;
    check.classList.add("received");
    return false;
  });
}

// ---- Soft refresh: the same address again, place by place ---------------------------------------------------------

let isReading = false;
let isAskedAgain = false;

// Never twice at once: whoever asks meanwhile is answered by one more reading
async function refresh() {
  isAskedAgain = true;
  if (isReading) return;
  isReading = true;
  try {
    while (isAskedAgain) {
      isAskedAgain = false;
      await readAgain();
    }
  } finally {
    isReading = false;
  }
}

async function readAgain() {
  if (one("details.menu[open], dialog[open], .chart-data[open]")) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
  // A redirect means the session ended or the site is gone: what stands stays readable
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const place of all("[data-refresh]")) {
    const next = one(`[data-refresh="${CSS.escape(place.dataset.refresh)}"]`, fresh);
    if (!next || next.innerHTML === place.innerHTML || one("leptos-island", place)) continue;
    const focused = place.contains(document.activeElement) ? document.activeElement : null;
    const address = focused?.getAttribute("href");
    place.replaceChildren(...next.childNodes);
    if (address) one(`[href="${CSS.escape(address)}"]`, place)?.focus({ preventScroll: true });
  }
}

const refreshing = one("[data-refresh-seconds]");
if (refreshing) every(Number(refreshing.dataset.refreshSeconds) || 60, refresh);

// ---- Live: the server tells when something happened on the site; only while the page is visible -------------------

// `tell` gets each message of a stream. One that ends is opened again: by the browser, by a timer if the server refused it (which
// ends an EventSource for good), or when the page comes back to view. Gives a function that pauses it and goes on.
function follow(url, tell) {
  const [shortest, longest] = [5_000, 60_000];
  let source;
  let timer;
  let wait = shortest;
  let isPaused = false;
  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const open = () => {
    close();
    if (document.hidden || isPaused) return;
    const opened = new EventSource(url);
    source = opened;
    opened.addEventListener("open", () => (wait = shortest));
    opened.addEventListener("message", (event) => tell(JSON.parse(event.data)));
    opened.addEventListener("error", () => {
      if (opened !== source || opened.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, wait);
      wait = Math.min(2 * wait, longest);
    });
  };
  document.addEventListener("visibilitychange", open);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  open();
  return (pauses) => {
    isPaused = pauses;
    open();
  };
}

const live = one("[data-live-stream]");
if (live) {
  follow(live.dataset.liveStream, ({ current_visitors: count }) => {
    one("[data-live]", live).textContent = count.toLocaleString("en-US");
    one(".pulse", live)?.classList.toggle("idle", count === 0);
  });
}

const happening = one("[data-live-refresh]");
if (happening) {
  let isPaused = false;
  const pause = follow(happening.dataset.liveRefresh, () => refresh().catch(() => {}));
  const button = one("[data-live-pause]");
  button.hidden = false;
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.textContent = isPaused ? "Resume" : "Pause";
    pause(isPaused);
  });
}
