// The dashboard by keyboard alone, and its chart, which comes to life without moving anything.
import assert from "node:assert/strict";
import { SEEDED, useTrackFlow } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED] });

const focused = (page) => page.evaluate(() => document.activeElement.getAttribute("aria-label") || document.activeElement.innerText?.trim());
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
  await page.keyboard.press("w");
  assert.equal(page.url(), at("/sites/shop.test"), "shortcuts rest below the dialog");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: /Shortcuts/ }).click();
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "hidden" });
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
