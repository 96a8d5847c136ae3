// The address is the whole state of the dashboard.
import assert from "node:assert/strict";
import { cards, panel, rows, SEEDED, useTrackFlow } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED] });

const query = (page) => decodeURIComponent(new URL(page.url()).search);

trackflow.story("address_keeps_what_was_chosen_and_back_takes_it_back", async ({ page, context, at }) => {
  await page.goto(at("/sites/shop.test"));
  await page.locator("details.period-picker > summary").click();
  await page.getByRole("link", { name: "Last 30 days" }).click();
  await page.waitForURL(/period=30d/);
  await page.getByRole("navigation", { name: "Metrics" }).getByRole("link", { name: /Pageviews/ }).click();
  await page.waitForURL(/metric=pageviews/);
  const whole = await cards(page);
  await panel(page, "Devices").getByRole("link", { name: "Systems", exact: true }).click();
  await page.waitForURL(/devices=system/);
  const [system] = Object.keys(await rows(panel(page, "Devices")));
  await panel(page, "Devices").getByRole("link", { name: system }).click();
  await page.waitForURL(/filter=/);
  const address = `?period=30d&metric=pageviews&devices=system&filter=system:is:${system}`;
  assert.equal(query(page), address);
  const narrowed = await cards(page);
  assert.notDeepEqual(narrowed, whole);

  // Whoever gets the address sees the same.
  const copy = await context.newPage();
  await copy.goto(page.url());
  assert.deepEqual(await cards(copy), narrowed);
  assert.equal(await copy.locator("details.period-picker > summary").innerText(), "Last 30 days");
  assert.equal(await panel(copy, "Devices").getByRole("link", { name: "Systems", exact: true }).getAttribute("aria-current"), "true");
  await copy.close();

  await page.goBack({ waitUntil: "commit" });
  assert.match(query(page), /^\?period=30d&metric=pageviews&devices=system$/);
  assert.deepEqual(await cards(page), whole);
  await page.goBack({ waitUntil: "commit" });
  await page.goBack({ waitUntil: "commit" });
  await page.goBack({ waitUntil: "commit" });
  assert.equal(query(page), "");
  await page.goForward({ waitUntil: "commit" });
  assert.equal(query(page), "?period=30d");
});

trackflow.story("details_keep_the_address_of_the_dashboard", async ({ page, at }) => {
  await page.goto(at("/sites/shop.test?period=30d&filter=device:is:Desktop"));
  await panel(page, "Pages").getByRole("link", { name: "Details of pages" }).click();
  await page.waitForURL(/\/page\?/);
  assert.equal(query(page), "?period=30d&filter=device:is:Desktop");
  await page.getByRole("columnheader", { name: "Pageviews" }).getByRole("link").click();
  await page.waitForURL(/sort=pageviews/);
  await page.getByRole("link", { name: "Dashboard" }).click();
  await page.waitForURL(/shop\.test\?/);
  assert.equal(query(page), "?period=30d&filter=device:is:Desktop");
});

const WRONG = [
  ["period=8d", /`period` must be one of today, yesterday, .*custom/],
  ["period=custom&from=yesterday&to=2026-01-01", /`from` must be a date such as \d{4}-\d\d-\d\d/],
  ["period=custom&from=2026-02-01&to=2026-01-01", /ends \(2026-01-01\) before it starts \(2026-02-01\)/],
  ["compare=always", /`compare` must be one of previous, year, off/],
  ["metric=money", /`metric` must be one of visitors, visits, pageviews, views_per_visit, bounce_rate, visit_duration/],
  ["interval=second", /`interval` must be one of hour, day, week, month/],
  ["sources=friends", /`sources` must be one of source, channel, campaign/],
  ["filter=colour:is:red", /dimension must be one of page, /],
  ["filter=page:like:/a", /operator must be one of is, is_not, contains/],
];

trackflow.story("wrong_parameters_are_told_in_place_with_what_is_allowed", { expected: [/status of 400/] }, async ({ page, at }) => {
  for (const [wrong, words] of WRONG) {
    const answer = await page.goto(at(`/sites/shop.test?${wrong}`));
    assert.equal(answer.status(), 400, wrong);
    const notice = page.locator("main .notice");
    assert.match(await notice.getByRole("listitem").innerText(), words);
    assert.match((await cards(page)).Visitors, /^[1-9]/, "the rest of the page lives on");
  }
  const answer = await page.goto(at("/sites/shop.test/page?sort=colour"));
  assert.equal(answer.status(), 400);
  assert.match(await page.locator("main .notice").innerText(), /`sort` must be one of name, visitors/);
});

trackflow.story("unknown_addresses_are_designed_pages", { expected: [/status of 404/] }, async ({ page, at }) => {
  for (const path of ["/nothing", "/sites/unknown.test", "/sites/shop.test/colour", "/sites/unknown.test/settings"]) {
    const answer = await page.goto(at(path));
    assert.equal(answer.status(), 404, path);
    await page.getByRole("heading", { name: "No page at this address" }).waitFor();
    await page.getByRole("main").getByRole("link", { name: "All sites" }).waitFor();
  }
});

trackflow.story("empty_period_offers_one_with_data", async ({ page, at }) => {
  await page.goto(at("/sites/shop.test?period=custom&from=2020-01-01&to=2020-01-31"));
  await page.getByRole("heading", { name: /^No visits: / }).waitFor();
  await page.getByRole("main").getByRole("link", { name: /^Show / }).click();
  assert.match((await cards(page)).Visitors, /^[1-9]/);
  await page.goto(at("/sites/shop.test?filter=page:is:/never"));
  await page.getByRole("heading", { name: "No visit matches these filters" }).waitFor();
  await page.getByRole("link", { name: "Remove filter: Page is /never" }).click();
  assert.match((await cards(page)).Visitors, /^[1-9]/);
});
