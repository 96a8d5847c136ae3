// Journeys: from the dashboard to where visits go, without a script too, and the figures of diagram and table agree.
import assert from "node:assert/strict";
import { SEEDED, useTrackFlow } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED] });

const SITE = `/sites/${SEEDED.domain}`;

trackflow.story("journeys_are_followed_from_page_to_page_without_script", { javaScriptEnabled: false }, async ({ page, at }) => {
  await page.goto(at(SITE));
  await page.getByRole("link", { name: "Journeys" }).first().click();
  await page.getByRole("heading", { name: "Journeys", exact: true }).waitFor();
  const diagram = page.getByRole("region", { name: "Diagram of journeys" });
  assert.ok((await diagram.locator(".node").count()) > 4, "several pages are drawn");

  await page.getByLabel("Page", { exact: true }).fill("/");
  await page.getByLabel("Steps", { exact: true }).selectOption("2");
  await page.getByRole("button", { name: "Show journeys" }).click();
  await page.getByText(/visits? from their first view of \/ on\./).waitFor();
  assert.match(page.url(), /page=/);
  assert.equal(await page.getByLabel("Steps", { exact: true }).inputValue(), "2");
  assert.equal(await page.locator(".journey-table .step").count(), 2);

  await page.getByLabel("Show", { exact: true }).selectOption("back");
  await page.getByRole("button", { name: "Show journeys" }).click();
  await page.getByText(/from their first view of \/ back\./).waitFor();

  await page.getByLabel("Page", { exact: true }).fill("/no such page");
  await page.getByRole("button", { name: "Show journeys" }).click();
  await page.getByRole("heading", { name: "No visit saw /no such page in this view" }).waitFor();
  await page.getByRole("link", { name: "Journeys of all pages" }).click();
  await diagram.waitFor();
});

trackflow.story("journeys_fit_a_phone", { viewport: { width: 360, height: 740 } }, async ({ page, at }) => {
  await page.goto(at(`${SITE}/journeys`));
  await page.getByRole("heading", { name: "Journeys", exact: true }).waitFor();
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(sideways <= 0, `${sideways} pixels sideways`);
  assert.ok((await page.locator(".journey-table .step").count()) > 1);
});
