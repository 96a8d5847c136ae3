// Every page and state passes axe in both themes on a phone and a desktop, and none scrolls sideways.
import { check } from "../support/accessible.mjs";
import { SEEDED, SILENT, useTrackFlow } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED, SILENT], viewer: true, flags: ["--hide-scrollbars"] });

// [address, account]
const PAGES = [
  ["/login", "nobody"],
  ["/login?error=credentials&email=a@b.test", "nobody"],
  ["/sites", "admin"],
  ["/add-site", "admin"],
  ["/sites/shop.test", "admin"],
  ["/sites/shop.test?period=today&metric=bounce_rate&sources=channel&locations=country&devices=system", "admin"],
  ["/sites/shop.test?filter=page:is:/&filter=device:is_not:Mobile&compare=off", "admin"],
  ["/sites/shop.test?filter=page:is:/never", "admin"],
  ["/sites/shop.test?period=8d", "admin", /status of 400/],
  ["/sites/shop.test/page", "admin"],
  ["/sites/shop.test/country?sort=bounce_rate", "admin"],
  ["/sites/shop.test?properties=plan&filter=property.plan:is:free%7Cteam", "admin"],
  ["/sites/shop.test/properties/plan", "admin"],
  ["/sites/shop.test/settings", "admin"],
  ["/sites/shop.test/rules", "admin"],
  ["/sites/shop.test/rules?kind=blocked_address&error=value&value=203.0.113.0/40", "admin"],
  ["/sites/shop.test/ingestion?period=30d", "admin"],
  ["/sites/silent.test/ingestion", "admin"],
  ["/sites/shop.test/ingestion?period=9d", "admin", /status of 400/],
  ["/sites/shop.test/privacy", "admin"],
  ["/sites/shop.test/privacy", "viewer"],
  ["/sites/shop.test/privacy?refused=opted_out", "admin"],
  ["/sites/shop.test/settings/sharing", "viewer"],
  ["/sites/shop.test/snippet", "admin"],
  ["/sites/silent.test", "admin"],
  ["/docs/metrics", "admin"],
  ["/docs/api", "nobody"],
  ["/settings/api-keys", "admin"],
  ["/settings/api-keys?error=scopes&name=report", "admin"],
  ["/settings/api-keys", "viewer", /status of 403/],
  ["/nothing", "admin", /status of 404/],
];

for (const [path, as, ...expected] of PAGES) {
  trackflow.story(`page_is_accessible ${path} ${as}`, { as, expected }, async ({ page, at }) => {
    await page.goto(at(path));
    await check(page);
  });
}

trackflow.story("what_is_kept_for_a_site_is_accessible", { timeout: 120_000 }, async ({ page, at }) => {
  const site = SEEDED.domain;
  await trackflow.run(["site", "funnel", "add", site, "Way in", "--step", "page:/**", "--step", "page:/pricing", "--step", "event:Signup"]);
  await trackflow.run(["site", "segment", "add", site, "Desks", "--filter", "device:is:Desktop"]);
  await trackflow.run(["site", "annotation", "add", site, new Date().toISOString().slice(0, 10), "Version 2 was released"]);
  await page.goto(at(`/sites/${site}/goals`));
  await page.getByText("A page is viewed…").click();
  await page.locator("#page-pattern").fill("/**");
  await page.getByRole("button", { name: "Add goal" }).first().click();
  for (const path of [
    "?goal=1&segment=1", "/goals?error=event&kind=event&event=pageview", "/funnels?add=1&error=steps", "/funnels/1?segment=1", "/journeys", "/journeys?page=%2Fpricing&direction=back&steps=2",
    "/segments?filter=country:is:DE", "/annotations?error=text",
  ]) {
    await page.goto(at(`/sites/${site}${path}`));
    await check(page);
  }
});

trackflow.story("public_dashboards_are_accessible", { timeout: 90_000 }, async ({ page, at }) => {
  await page.goto(at("/sites/shop.test/settings/sharing"));
  await page.getByRole("button", { name: "Make public" }).click();
  await page.getByText("The dashboard is public").waitFor();
  await check(page);
  const { context } = await trackflow.open({ as: "nobody" });
  const guest = await context.newPage();
  await guest.goto(at("/sites/shop.test"));
  await check(guest);
  await context.close();
});

trackflow.story("rows_of_a_test_visit_are_accessible", async ({ page, at }) => {
  await page.goto(at("/sites/shop.test/privacy"));
  await page.getByRole("button", { name: "Send a test visit" }).click();
  await page.getByRole("heading", { name: "Row of visit" }).waitFor();
  await check(page);
});

const empty = useTrackFlow({ admin: false });
empty.story("set_up_page_is_accessible", { as: "nobody" }, async ({ page, at }) => {
  await page.goto(at("/setup"));
  await page.getByRole("heading", { name: "Create the first account" }).waitFor();
  await check(page);
});
