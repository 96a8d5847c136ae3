// The command palette: everything the page links to, found by typing. It has no list of its own: whatever stands in an element
// with `data-commands` (the name of the group) is a command, called `data-label`, `aria-label` or what it says.
import { all, closeMenus, one, openMenu } from "./dom.src.js";

// Of each group, before anything is typed; and of all, once something is
const SHOWN_OF_GROUP = 12;
const SHOWN = 50;

const fold = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

// ---- What there is -----------------------------------------------------------------------------------------------

// What an element says to its reader: without decoration and the keys that stand beside
function says(element) {
  if (element.dataset.label) return element.dataset.label;
  const copy = element.cloneNode(true);
  all("kbd, [aria-hidden=true]", copy).forEach((part) => part.remove());
  return (element.getAttribute("aria-label") || copy.textContent).replace(/\s+/g, " ").trim();
}

function commands() {
  const found = new Map();
  for (const element of all("[data-commands] :is(a[href], button[type=button]), [data-commands]:is(a, button, summary)")) {
    const label = says(element);
    const group = element.closest("[data-commands]").dataset.commands;
    const key = `${label}\n${element.href ?? group}`;
    if (!label || found.has(key)) continue;
    const isChosen = element.matches("[aria-current], [aria-pressed=true]");
    // Rows of tables are too many to be listed unasked
    found.set(key, { element, label, group, isChosen, isRow: Boolean(element.closest("tbody")) });
  }
  return [...found.values()];
}

// ---- What is meant -----------------------------------------------------------------------------------------------

// Only where no letter or digit stands before: `\b` knows but English ones
const START = String.raw`(?<![\p{L}\p{N}])`;

// How well a word of the question fits: at the start of all, of a word, inside one, or as the beginnings of words (l7d); 0 if not.
function fit(text, word) {
  const at = text.indexOf(word);
  if (at === 0) return 4;
  if (at > 0) return /[\p{L}\p{N}]/u.test(text[at - 1]) ? 2 : 3;
  if (!/^[\p{L}\p{N}]{2,8}$/u.test(word)) return 0;
  return new RegExp(START + [...word].join(`(?:.*${START})?`), "u").test(text) ? 1 : 0;
}

// Each word must fit the label or, for less, the group.
function score({ label, group, isRow }, words) {
  const texts = [fold(label), fold(group)];
  let sum = isRow ? -0.5 : 0;
  for (const word of words) {
    const [ofLabel, ofGroup] = texts.map((text) => fit(text, word));
    const best = Math.max(ofLabel, ofGroup >= 3 ? ofGroup / 2 : 0);
    if (!best) return 0;
    sum += best;
  }
  return sum;
}

// The groups to show, the best first: [[name, [command, …]], …].
function find(from, question) {
  const words = fold(question).split(/\s+/).filter(Boolean);
  let chosen = from.filter(({ isRow }) => !isRow);
  if (words.length) {
    const scored = from.map((command) => [score(command, words), command]).filter(([points]) => points > 0);
    chosen = scored.sort(([a], [b]) => b - a).slice(0, SHOWN).map(([, command]) => command);
  }
  const groups = new Map();
  for (const command of chosen) {
    const group = groups.get(command.group) ?? [];
    if (words.length || group.length < SHOWN_OF_GROUP) group.push(command);
    groups.set(command.group, group);
  }
  return [...groups];
}

// ---- What is seen ------------------------------------------------------------------------------------------------

let palette;

function build() {
  const field = make("input", {
    class: "palette-field", type: "text", role: "combobox", "aria-label": "Search commands", "aria-expanded": "true",
    "aria-controls": "palette-list", "aria-autocomplete": "list", autocomplete: "off", autocapitalize: "none",
    spellcheck: "false", enterkeyhint: "go", maxlength: "200", placeholder: "Sites, periods, panels, filters, settings…",
  });
  const close = make("button", { type: "button", class: "palette-close", "aria-label": "Close" }, make("kbd", { "aria-hidden": "true" }, "Esc"));
  const list = make("div", { id: "palette-list", class: "palette-list", role: "listbox", "aria-label": "Commands" });
  const status = make("p", { class: "visually-hidden", role: "status" });
  const dialog = make("dialog", { class: "palette", id: "palette", "aria-label": "Command palette" },
    make("div", { class: "palette-head" }, field, close), list, status);
  document.body.append(dialog);

  let from = [];
  let options = [];
  let chosen = 0;

  const choose = (at) => {
    options[chosen]?.option.setAttribute("aria-selected", "false");
    chosen = (at + options.length) % options.length || 0;
    const option = options[chosen]?.option;
    option?.setAttribute("aria-selected", "true");
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
    // With the heading of the group above the very first
    if (chosen === 0) list.scrollTop = 0;
    else option?.scrollIntoView({ block: "nearest" });
  };

  const show = () => {
    options = [];
    list.replaceChildren(...find(from, field.value).map(([name, found], at) => {
      const heading = make("p", { class: "menu-label", id: `palette-group-${at}`, role: "presentation" }, name);
      const group = make("div", { role: "group", "aria-labelledby": heading.id }, heading);
      for (const command of found) {
        const option = make("div", { class: "palette-option", role: "option", id: `palette-${options.length}`, "aria-selected": "false" },
          make("span", { class: "truncate" }, command.label));
        if (command.isChosen) option.append(make("span", { class: "muted" }, "current"));
        const keys = command.element.dataset.shortcut?.toUpperCase().split(" ") ?? [];
        if (keys.length) option.append(make("span", { class: "palette-keys", "aria-hidden": "true" }, ...keys.map((key) => make("kbd", {}, key))));
        group.append(option);
        options.push({ option, command });
      }
      return group;
    }));
    if (!options.length) list.append(make("p", { class: "palette-empty" }, `Nothing here is called “${field.value.trim()}”`));
    status.textContent = options.length === 1 ? "1 command" : `${options.length} commands`;
    choose(0);
  };

  const follow = (command, isAside) => {
    if (!command) return;
    const { element } = command;
    dialog.close();
    if (element.localName === "summary") openMenu(element.parentElement);
    else if (isAside && element.href) open(element.href, "_blank", "noopener");
    else element.click();
  };

  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") follow(options[chosen]?.command, event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointermove", (event) => {
    const at = options.findIndex(({ option }) => option === event.target.closest(".palette-option"));
    if (at >= 0 && at !== chosen) choose(at);
  });
  // The field keeps the focus
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest(".palette-option");
    follow(options.find((one) => one.option === option)?.command, event.ctrlKey || event.metaKey);
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

  const toggle = () => {
    if (dialog.open) return dialog.close();
    if (one("dialog[open]")) return;
    from = commands();
    if (!from.length) return;
    closeMenus();
    field.value = "";
    dialog.showModal();
    field.focus();
    show();
  };
  return { toggle };
}

// Opens the palette, or closes it.
export const togglePalette = () => (palette ??= build()).toggle();
