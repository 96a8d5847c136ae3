// Everything works in a browser that runs no script.
import assert from "node:assert/strict";
import { ADMIN, cards, panel, rows, SEEDED, SILENT, useTrackFlow } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED, SILENT] });

const query = (page) => decodeURIComponent(new URL(page.url()).search);
const open = (page, name) => page.locator("details.menu > summary").filter({ hasText: name }).click();

trackflow.story("dashboard_is_complete_without_script", { as: "nobody", javaScriptEnabled: false }, async ({ page, at }) => {
  // The address that was asked for comes after the login.
  await page.goto(at("/sites/shop.test?period=91d"));
  assert.equal(new URL(page.url()).pathname, "/login");
  await page.getByLabel("Email address").fill(ADMIN.email);
  await page.getByLabel("Password").fill("a wrong password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Address and password do not match an account.").waitFor();
  assert.equal(await page.getByLabel("Email address").inputValue(), ADMIN.email);
  await page.getByLabel("Password").fill(ADMIN.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  assert.equal(page.url(), at("/sites/shop.test?period=91d"));

  await page.getByRole("link", { name: "TrackFlow, all sites" }).click();
  await page.getByRole("listitem").filter({ hasText: "waiting for the first visit" }).getByText("Silent").waitFor();
  await page.getByRole("heading", { name: "Shop" }).getByRole("link").click();
  const whole = await cards(page);
  assert.match(whole.Visitors, /^[1-9]/);
  assert.equal(await page.getByRole("img", { name: /Visitors per day/ }).count(), 1, "the server's drawing");

  await open(page, "Last 28 days");
  await page.getByRole("link", { name: "Last 7 days" }).click();
  assert.equal(query(page), "?period=7d");
  const week = await cards(page);
  assert.ok(Number(week.Visitors.replace(",", "")) < Number(whole.Visitors.replace(",", "")), "a week has fewer visitors than four");

  await open(page, "Last 7 days");
  const today = await page.getByLabel("To", { exact: true }).inputValue();
  const from = new Date(Date.parse(today) - 9 * 86_400_000).toISOString().slice(0, 10);
  await page.getByLabel("From", { exact: true }).fill(from);
  await page.getByRole("button", { name: "Show custom range" }).click();
  assert.equal(query(page), `?period=custom&from=${from}&to=${today}`);
  await open(page, /–/);
  await page.getByRole("link", { name: "Last 28 days" }).click();

  // A row filters, its chip takes the filter away again.
  const sources = await rows(panel(page, "Sources"));
  const [source, [visitors]] = Object.entries(sources).find(([name]) => name !== "Direct / None");
  await panel(page, "Sources").getByRole("link", { name: source }).click();
  assert.equal(query(page), `?filter=source:is:${source}`);
  assert.equal((await cards(page)).Visitors, visitors, "the filtered dashboard counts what the row said");
  await page.getByRole("link", { name: `Remove filter: Source is ${source}` }).click();
  assert.equal(query(page), "");
  assert.deepEqual(await cards(page), whole);

  // The form adds a filter as well.
  await open(page, "Filter");
  await page.getByLabel("Dimension").selectOption("Page");
  await page.getByLabel("Condition").selectOption("contains");
  await page.getByLabel("Value").fill("/pricing");
  await page.getByRole("button", { name: "Add filter" }).click();
  assert.equal(query(page), "?filter=page:contains:/pricing");
  await page.getByRole("list", { name: "Active filters" }).getByRole("link", { name: "Clear all" }).click();
  assert.equal(query(page), "");

  await page.getByRole("navigation", { name: "Metrics" }).getByRole("link", { name: /Bounce rate/ }).click();
  assert.equal(query(page), "?metric=bounce_rate");
  assert.equal(await page.getByRole("img", { name: /Bounce rate per day/ }).count(), 1);
  await page.getByRole("navigation", { name: "Interval" }).getByRole("link", { name: "Week" }).click();
  assert.equal(query(page), "?metric=bounce_rate&interval=week");
  await page.getByText("Show as table").click();
  assert.ok((await page.getByRole("table", { name: /Bounce rate per week/ }).getByRole("row").count()) >= 4);

  await panel(page, "Sources").getByRole("link", { name: "Channels" }).click();
  assert.match(query(page), /sources=channel/);
  assert.ok("Direct" in (await rows(panel(page, "Sources"))));
  await panel(page, "Locations").getByRole("link", { name: "Countries", exact: true }).click();
  assert.match(query(page), /locations=country/);
  await panel(page, "Pages").getByRole("link", { name: "Details of pages" }).click();
  assert.equal(new URL(page.url()).pathname, "/sites/shop.test/page");

  const sorted = async () => Object.values(await rows(page.getByRole("table"))).map(([, , pageviews]) => Number(pageviews.replace(",", "")));
  await page.getByRole("columnheader", { name: "Pageviews" }).getByRole("link").click();
  const descending = await sorted();
  assert.deepEqual(descending, [...descending].sort((a, b) => b - a));
  await page.getByRole("searchbox").fill("no such page");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("No pages with “no such page”").waitFor();
});

trackflow.story("sites_are_kept_without_script", { javaScriptEnabled: false }, async ({ page, at }) => {
  await page.goto(at("/sites"));
  await page.getByRole("link", { name: "Settings of Silent" }).click();
  assert.equal(await page.getByRole("button", { name: "Copy snippet" }).isVisible(), false, "nothing that needs the script is shown");
  await page.getByLabel("Name").fill("Not so silent");
  await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("The settings are in use everywhere.").waitFor();
  await page.getByRole("heading", { name: "Settings of Not so silent" }).waitFor();
  assert.equal(await page.getByLabel("Time zone").inputValue(), "Asia/Tokyo");

  await page.goto(at("/add-site"));
  await page.getByLabel("Domain").fill("shop.test");
  await page.getByRole("button", { name: "Add site" }).click();
  await page.getByText("This domain is a site already.").waitFor();

  await page.goto(at("/sites/silent.test/settings"));
  await page.getByText("Delete site…").click();
  await page.getByLabel("Type silent.test to confirm").fill("shop.test");
  await page.getByRole("button", { name: "Delete silent.test" }).click();
  await page.getByText("This is not the site's domain; nothing was deleted.").waitFor();
  await page.getByLabel("Type silent.test to confirm").fill("silent.test");
  await page.getByRole("button", { name: "Delete silent.test" }).click();
  await page.getByText("silent.test and its figures are gone.").waitFor();
  assert.equal(await page.getByRole("heading", { name: /silent/i }).count(), 0);

  await page.goto(at("/sites/shop.test"));
  await page.locator("details.account > summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  assert.equal(page.url(), at("/login"));
  await page.goto(at("/sites/shop.test"));
  assert.equal(new URL(page.url()).pathname, "/login");
});

trackflow.story("deleted_site_is_gone_for_good", { as: "nobody", javaScriptEnabled: false }, async () => {
  const sites = await trackflow.run(["site", "list"]);
  assert.deepEqual(sites.trim().split("\n").map((line) => line.split("\t")[0]), ["shop.test"]);
});
