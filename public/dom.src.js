// The few ways into the document that the dashboard's scripts share.
export const one = (selector, from = document) => from.querySelector(selector);
export const all = (selector, from = document) => [...from.querySelectorAll(selector)];

export const closeMenus = (except) => all("details.menu[open]").forEach((menu) => menu !== except && (menu.open = false));

// Opens a menu with the focus on the first thing in it.
export function openMenu(menu) {
  closeMenus(menu);
  menu.open = true;
  one(".popover :is(a, button, select, textarea, input:not([type=hidden]))", menu)?.focus();
}

// Apple's keyboards have another key for commands.
export const isApple = /^(Mac|iP)/.test(navigator.platform);
export const hasModifier = (event) => (isApple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey);
