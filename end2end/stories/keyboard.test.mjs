// The dashboard by keyboard alone, and its chart, which comes to life without moving anything.
import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";
import { SEEDED, useTrackFlow } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED] });

const focused = (page) => page.evaluate(() => document.activeElement.getAttribute("aria-label") || document.activeElement.innerText?.trim());
const faults = async (page, place) => {
  const { violations } = await new AxeBuilder({ page }).include(place).analyze();
  return violations.map(({ id, nodes }) => [id, nodes[0].html]);
};
const hasFocus = (locator) => locator.evaluate((element) => element === document.activeElement);

trackflow.story("skip_link_leads_past_the_header", async ({ page, at }) => {
  await page.goto(at("/sites/shop.test"));
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to content");
  const box = await page.getByRole("link", { name: "Skip to content" }).boundingBox();
  assert.ok(box.width > 40 && box.height > 20, "it is seen while it has the focus");
  await page.keyboard.press("Enter");
  assert.ok(await hasFocus(page.getByRole("main")));
  await page.keyboard.press("Tab");
  assert.match(await focused(page), /^Visitors/, "the first stop of the content is the first card");
});

trackflow.story("menus_open_walk_and_close", async ({ page, at }) => {
  await page.goto(at("/sites/shop.test"));
  const summary = page.locator("details.period-picker > summary");
  const menu = page.getByRole("navigation", { name: "Period" });
  await summary.focus();
  await page.keyboard.press("Enter");
  await menu.waitFor();
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(page), /^Today/);
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(page), /^Yesterday/);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Escape");
  await menu.waitFor({ state: "hidden" });
  assert.ok(await hasFocus(summary), "Escape gives the focus back");

  // A menu that the focus leaves closes.
  await page.keyboard.press("Enter");
  await menu.waitFor();
  await page.locator("details.compare-picker > summary").focus();
  await menu.waitFor({ state: "hidden" });

  await page.keyboard.press("/");
  await page.getByLabel("Dimension").waitFor();
  assert.ok(await hasFocus(page.getByLabel("Dimension")));
  await page.getByLabel("Value").focus();
  await page.keyboard.type("w?/");
  assert.equal(await page.getByLabel("Value").inputValue(), "w?/", "shortcuts rest while one types");
  await page.keyboard.press("Escape");

  await page.keyboard.press("w");
  await page.waitForURL(at("/sites/shop.test?period=7d"));
  await page.keyboard.press("c");
  await page.waitForURL(at("/sites/shop.test?period=7d&compare=off"));
});

trackflow.story("question_mark_lists_the_shortcuts", async ({ page, at }) => {
  await page.goto(at("/sites/shop.test"));
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  assert.equal(await dialog.count(), 0);
  await page.keyboard.press("?");
  await dialog.waitFor();
  assert.deepEqual(await faults(page, "#shortcuts"), []);
  await page.keyboard.press("w");
  assert.equal(page.url(), at("/sites/shop.test"), "shortcuts rest below the dialog");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: /Shortcuts/ }).click();
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "hidden" });
});

trackflow.story("shortcuts_of_one_key_can_be_switched_off", async ({ page, at }) => {
  await page.goto(at("/sites/shop.test"));
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  const palette = page.getByRole("dialog", { name: "Command palette" });
  await page.keyboard.press("?");
  await dialog.getByLabel("Shortcuts of one key").uncheck();
  await page.keyboard.press("Escape");
  // Kept for the next page, and until it is taken back
  for (let round = 0; round < 2; round++) {
    for (const key of ["?", "/", "w", "2", "g", "l"]) await page.keyboard.press(key);
    await page.keyboard.press("Control+k");
    await palette.waitFor();
    await page.keyboard.press("Escape");
    assert.equal(page.url(), at("/sites/shop.test"));
    assert.equal(await page.locator("dialog[open], details.menu[open]").count(), 0);
    await page.reload();
  }
  await page.getByRole("button", { name: /Shortcuts/ }).click();
  await dialog.getByLabel("Shortcuts of one key").check();
  await page.keyboard.press("Escape");
  await page.keyboard.press("w");
  await page.waitForURL(at("/sites/shop.test?period=7d"));
});

trackflow.story("numbers_lead_to_panels_and_g_to_pages", async ({ page, at }) => {
  await page.goto(at("/sites/shop.test"));
  for (const [key, name] of [["2", "Pages"], ["1", "Sources"]]) {
    await page.keyboard.press(key);
    const rows = page.getByRole("region", { name, exact: true }).getByRole("rowheader").getByRole("link");
    assert.ok(await hasFocus(rows.first()), `${key} leads to ${name}`);
    await page.keyboard.press("End");
    assert.ok(await hasFocus(rows.last()));
    await page.keyboard.press("Home");
    assert.ok(await hasFocus(rows.first()));
  }
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await page.waitForURL(at("/sites/shop.test/live"));
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await page.waitForURL(at("/sites/shop.test"));
  await page.keyboard.press("g");
  await page.keyboard.press("x");
  await page.keyboard.press("m");
  await page.waitForURL(at("/sites/shop.test?period=month"), { timeout: 8_000 });
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await page.waitForURL(at("/sites/shop.test/settings"));
});

trackflow.story("command_palette_finds_what_the_page_links_to", { timeout: 60_000 }, async ({ page, at }) => {
  await page.goto(at("/sites/shop.test"));
  const palette = page.getByRole("dialog", { name: "Command palette" });
  const field = palette.getByRole("combobox", { name: "Search commands" });
  const options = palette.getByRole("option");
  const marked = () => palette.locator("[aria-selected=true]");
  const first = page.getByRole("navigation", { name: "Metrics" }).getByRole("link").first();
  await first.focus();
  await page.keyboard.press("Control+k");
  await palette.waitFor();
  assert.ok(await hasFocus(field));
  for (const group of ["Sites", "This site", "Period", "Comparison", "Sources", "Locations", "Theme", "Account", "Help"]) {
    assert.ok(await palette.getByRole("group", { name: group, exact: true }).getByRole("option").count(), group);
  }
  assert.equal(await palette.getByRole("option", { name: "Last 28 days" }).innerText(), "Last 28 days\ncurrent\nT");
  assert.deepEqual(await faults(page, "#palette"), []);

  // The arrows mark and go round; the field tells which is marked.
  const names = await options.evaluateAll((all) => all.map(({ id }) => id));
  for (const [key, at] of [["ArrowDown", 1], ["ArrowUp", 0], ["ArrowUp", names.length - 1], ["ArrowDown", 0]]) {
    await page.keyboard.press(key);
    assert.equal(await field.getAttribute("aria-activedescendant"), names[at]);
    assert.equal(await marked().getAttribute("id"), names[at]);
    assert.equal(await marked().count(), 1);
  }
  await page.keyboard.type("no such thing");
  assert.equal(await options.count(), 0);
  await palette.getByText("Nothing here is called “no such thing”").waitFor();
  assert.equal(await field.getAttribute("aria-activedescendant"), null);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await palette.waitFor({ state: "hidden" });
  assert.ok(await hasFocus(first), "the focus comes back");

  // Words in any order, letters left out, the group's name as well.
  for (const [words, found] of [
    ["days 7", "Last 7 days"], ["l7d", "Last 7 days"], ["comp no", "No comparison"], ["SETT", "Settings of this site"], ["/pricing", "/pricing"], ["dark", "Dark"],
    ["countries", "Countries"], ["bounce", "Bounce rate"],
  ]) {
    await page.keyboard.press("Control+k");
    await field.fill(words);
    assert.equal((await marked().locator("span").first().innerText()).trim(), found, words);
    await page.keyboard.press("Control+k");
    await palette.waitFor({ state: "hidden" });
  }
  const pick = async (words) => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type(words);
    await page.keyboard.press("Enter");
  };
  await pick("last 7");
  await page.waitForURL(at("/sites/shop.test?period=7d"));
  await pick("/pricing");
  await page.waitForURL((url) => url.searchParams.get("filter") === "page:is:/pricing");
  await pick("remove");
  await page.waitForURL(at("/sites/shop.test?period=7d"));
  await pick("dark");
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await pick("theme system");
  assert.equal(await page.locator("html").getAttribute("data-theme"), null);
  await pick("add filter");
  assert.ok(await hasFocus(page.getByLabel("Dimension")));
  await page.getByLabel("Value").focus();
  await pick("keyboard");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Control+k");
  assert.equal(await palette.isVisible(), false, "one dialog at a time");
});

trackflow.story("command_palette_serves_fingers", { viewport: { width: 360, height: 740 }, hasTouch: true }, async ({ page, at }) => {
  await page.goto(at("/sites/shop.test"));
  const palette = page.getByRole("dialog", { name: "Command palette" });
  const open = async () => {
    await page.locator("details.account > summary").tap();
    await page.getByRole("button", { name: "Command palette" }).tap();
    await palette.waitFor();
  };
  await open();
  const box = await palette.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 360 && box.y + box.height <= 740, JSON.stringify(box));
  await palette.getByRole("button", { name: "Close" }).tap();
  await palette.waitFor({ state: "hidden" });
  await open();
  await palette.getByRole("option", { name: "Yesterday" }).tap();
  await page.waitForURL(at("/sites/shop.test?period=yesterday"));
});

trackflow.story("page_under_a_resting_pointer_is_fetched_once", async ({ page, context, at }) => {
  const fetched = [];
  const tools = await context.newCDPSession(page);
  await tools.send("Preload.enable");
  tools.on("Preload.prefetchStatusUpdated", ({ prefetchUrl, status }) => status === "Running" && fetched.push(prefetchUrl));
  const delivery = () => page.evaluate(() => performance.getEntriesByType("navigation")[0].deliveryType);
  const rest = () => page.waitForTimeout(1_000);

  await page.goto(at("/sites/shop.test"));
  await page.getByRole("link", { name: "Export as CSV" }).hover();
  await rest();
  assert.deepEqual(fetched, [], "no file is fetched before it is asked for");
  await page.getByRole("navigation", { name: "Metrics" }).getByRole("link").nth(1).hover();
  await rest();
  await page.mouse.down();
  await page.mouse.up();
  await page.waitForURL(at("/sites/shop.test?metric=visits"));
  assert.equal(await delivery(), "navigational-prefetch", "pages are no-store, and kept for this one step");
  await page.mouse.move(300, 130);
  await rest();
  assert.deepEqual(fetched, [at("/sites/shop.test?metric=visits")], "not again, though the pointer rests on it");
});

trackflow.story("arrow_keys_walk_rows_cards_and_tabs", async ({ page, at }) => {
  await page.goto(at("/sites/shop.test"));
  const links = page.getByRole("region", { name: "Pages", exact: true }).getByRole("rowheader").getByRole("link");
  await links.nth(0).focus();
  await page.keyboard.press("ArrowDown");
  assert.ok(await hasFocus(links.nth(1)));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  assert.ok(await hasFocus(links.nth(0)));
  const cards = page.getByRole("navigation", { name: "Metrics" }).getByRole("link");
  await cards.nth(0).focus();
  await page.keyboard.press("ArrowRight");
  assert.ok(await hasFocus(cards.nth(1)));
  await page.keyboard.press("Enter");
  await page.waitForURL(at("/sites/shop.test?metric=visits"));

  const countries = page.getByRole("region", { name: "Locations" }).getByRole("link", { name: /visitors?,/ });
  if (await countries.count()) {
    await countries.first().focus();
    assert.equal(await page.locator("[data-map-readout]").innerText(), await focused(page));
  }
});

trackflow.story("chart_answers_the_keyboard_from_the_first_focus_on_and_nothing_shifts", async ({ page, at }) => {
  const scripts = [];
  page.on("request", (request) => request.resourceType() === "script" && scripts.push(request.url()));
  await page.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shifts.push([entry.value, entry.sources.map(({ node }) => node?.className ?? node?.nodeName)]);
    }).observe({ type: "layout-shift", buffered: true });
  });
  const place = page.locator(".chart-live");
  const boxes = () => page.evaluate(() => [".chart-live", ".chart-foot", ".panels"].map((selector) =>
    JSON.stringify(document.querySelector(selector).getBoundingClientRect())));

  await page.goto(at("/sites/shop.test"));
  // The island is there once the place can take the focus.
  const chart = page.getByRole("group", { name: "Visitors per day. Arrow keys tell the figures." });
  await chart.waitFor();
  assert.deepEqual(scripts.filter((url) => url.includes("charts")), [], "the first view does without the charts");
  const before = await boxes();
  const atFirst = await page.evaluate(() => window.shifts.splice(0).reduce((sum, [value]) => sum + value, 0));
  assert.ok(atFirst < 0.01, `the page itself shifts by ${atFirst}`);

  const loaded = page.waitForResponse((answer) => /charts[^/]*\.js$/.test(answer.url()));
  await chart.focus();
  assert.equal((await loaded).status(), 200);
  const live = place.locator("[aria-live=polite]");
  await live.waitFor({ state: "attached" });
  await page.keyboard.press("ArrowLeft");
  const told = async (was) => {
    await page.waitForFunction((was) => {
      const words = document.querySelector(".chart-live [aria-live]").textContent;
      return words && words !== was;
    }, was);
    const [spoken, shown] = [await live.innerText(), await page.locator(".chart-tooltip").innerText()];
    const [title] = shown.split("\n");
    assert.ok(title && spoken.includes(title), `the tooltip says ${shown}, the live region ${spoken}`);
    return spoken;
  };
  const last = await told("");
  await page.keyboard.press("ArrowLeft");
  const previous = await told(last);
  await page.keyboard.press("ArrowRight");
  assert.equal(await told(previous), last);
  await page.keyboard.press("Home");
  await told(last);
  assert.equal(await page.locator(".chart-body").evaluate((body) => getComputedStyle(body).visibility), "hidden", "one drawing at a time");

  await page.getByText("Show as table").focus();
  assert.deepEqual(await boxes(), before);
  assert.deepEqual(await page.evaluate(() => window.shifts), []);
  assert.equal(scripts.filter((url) => url.includes("charts")).length, 1);
});
