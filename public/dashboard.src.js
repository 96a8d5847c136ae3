// Progressive enhancement of the server's pages. Every page is complete without it; nothing here draws or computes figures.
// Talks only to its own origin and to localStorage (`trackflow-theme`, `trackflow-single-keys`). Neighbours: theme.js (before the
// first paint), the chart islands.
import { all, closeMenus, hasModifier, isApple, one, openMenu } from "./dom.src.js";
import { togglePalette } from "./palette.src.js";

const root = document.documentElement;

// What the reader chose for this browser; null if nothing, or if storage is blocked.
const chosen = (name) => {
  try {
    return localStorage.getItem(`trackflow-${name}`);
  } catch {
    return null;
  }
};

// `null` takes the choice back.
function keep(name, choice) {
  try {
    if (choice === null) localStorage.removeItem(`trackflow-${name}`);
    else localStorage.setItem(`trackflow-${name}`, choice);
  } catch { /* storage is blocked: the choice lasts until the page is left */ }
}

// ---- Menus -------------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.menu"));
  const theme = event.target.closest("[data-theme-choice]");
  if (theme) chooseTheme(theme.dataset.themeChoice);
  const copy = event.target.closest("[data-copy]");
  if (copy) copySnippet(copy);
  if (event.target.closest("[data-shortcuts]")) showShortcuts();
  if (event.target.closest("[data-palette]")) togglePalette();
});

document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

// ---- Theme -------------------------------------------------------------------------------------------------------

function showTheme(choice) {
  all("[data-theme-choice]").forEach((button) => button.setAttribute("aria-pressed", button.dataset.themeChoice === choice));
}

function chooseTheme(choice) {
  keep("theme", choice === "system" ? null : choice);
  if (choice === "system") delete root.dataset.theme;
  else root.dataset.theme = choice;
  showTheme(choice);
  // The chart islands read the colours again
  document.dispatchEvent(new CustomEvent("trackflow:theme"));
}

showTheme(chosen("theme") || "system");

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

if (isApple) all("[data-modifier], [data-palette] kbd").forEach((key) => (key.textContent = key.textContent.replace(/Ctrl ?/, "⌘")));

// Shortcuts of one key can be switched off: speech input and unsteady hands press them by accident
let hasSingleKeys = chosen("single-keys") !== "off";
const singleKeys = one("[data-single-keys]");
if (singleKeys) {
  singleKeys.checked = hasSingleKeys;
  singleKeys.addEventListener("change", () => {
    hasSingleKeys = singleKeys.checked;
    keep("single-keys", hasSingleKeys ? null : "off");
  });
}

// `g` waits so long for the key that says where to
const SEQUENCE_MS = 1500;
let begunAt = -Infinity;

const press = (keys) => one(`a[data-shortcut="${keys}"]`)?.click();

// The panel's first row; without rows its first link
function goToPanel(number) {
  const panel = all(".panels > .panel")[number - 1];
  if (!panel) return;
  panel.scrollIntoView({ block: "nearest" });
  (one(".row-link", panel) ?? one("a", panel))?.focus({ focusVisible: true });
}

// Arrow keys, Home and End walk what lies beside the focus: rows of a table, items of a menu, countries of the map, cards
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
    openMenu(menu);
    return true;
  }
  if (here.matches("input, select, textarea")) return false;
  for (const [box, items, forth, back] of WALKS) {
    const around = here.closest(box);
    if (!around || !here.matches(items) || ![forth, back, "Home", "End"].includes(event.key)) continue;
    const list = all(items, around.parentElement).filter((item) => around.contains(item) && item.checkVisibility?.() !== false);
    const at = { [forth]: list.indexOf(here) + 1, [back]: list.indexOf(here) - 1, Home: 0, End: list.length - 1 }[event.key];
    list[at]?.focus();
    return true;
  }
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (hasModifier(event) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    togglePalette();
    return;
  }
  if (event.key === "Escape") {
    const menu = document.activeElement.closest("details.menu[open]");
    if (menu) one("summary", menu).focus();
    closeMenus();
    return;
  }
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (/^(Arrow|Home$|End$)/.test(event.key)) {
    if (walk(event)) event.preventDefault();
    return;
  }
  if (!hasSingleKeys || one("dialog[open]") || event.target.closest("input, select, textarea, [contenteditable]")) return;
  const isSecond = event.timeStamp - begunAt < SEQUENCE_MS;
  begunAt = -Infinity;
  const key = event.key.toLowerCase();
  if (key === "?") {
    event.preventDefault();
    showShortcuts();
  } else if (key === "/") {
    const menu = one("details.filter-menu");
    if (!menu) return;
    event.preventDefault();
    openMenu(menu);
  } else if (/^[1-9]$/.test(key)) {
    goToPanel(Number(key));
  } else if (/^[a-z]$/.test(key)) {
    if (isSecond) press(`g ${key}`);
    else if (key === "g") begunAt = event.timeStamp;
    else press(key);
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

const isInUse = () => one("details.menu[open], dialog[open], .chart-data[open]");

async function readAgain() {
  if (isInUse()) return;
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
  // A redirect means the session ended or the site is gone: what stands stays readable
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (isInUse()) return;
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
    for (const noun of all("[data-live-noun]", live)) noun.textContent = count === 1 ? "current visitor" : "current visitors";
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
