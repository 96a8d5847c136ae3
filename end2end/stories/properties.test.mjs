// Custom properties: from the panel to all values of one and back with a filter, without a script too.
import assert from "node:assert/strict";
import { SEEDED, useTrackFlow } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED] });

const SITE = `/sites/${SEEDED.domain}`;

trackflow.story("values_of_a_property_narrow_the_dashboard_without_script", { javaScriptEnabled: false }, async ({ page, at }) => {
  await page.goto(at(SITE));
  const panel = page.getByRole("region", { name: "Properties" });
  const tabs = panel.getByRole("navigation", { name: "Properties", exact: true });
  await tabs.getByRole("link", { name: "plan" }).click();
  assert.match(page.url(), /properties=plan/);
  const rows = panel.locator("tbody tr");
  assert.equal(await rows.count(), 2, "there is a free plan and one for teams");

  await panel.getByRole("link", { name: "Details of plan" }).click();
  await page.getByRole("heading", { name: "Values of plan" }).waitFor();
  await page.getByLabel("Search values of plan").fill("TEA");
  await page.getByRole("button", { name: "Search" }).click();
  assert.equal(await page.locator("tbody tr").count(), 1);
  await page.locator("tbody tr a").first().click();
  await page.waitForURL(/filter=property\.plan:is:team/);
  await page.getByRole("link", { name: "Remove filter: plan is team" }).click();
  assert.doesNotMatch(page.url(), /filter=/);

  await page.locator(".filter-menu > summary").click();
  await page.getByLabel("Dimension", { exact: true }).selectOption("property.plan");
  await page.getByLabel("Value", { exact: true }).fill("free");
  await page.getByText("More values").click();
  await page.getByLabel("Or one of these, one a line").fill("team\n");
  await page.getByRole("button", { name: "Add filter" }).click();
  await page.getByRole("link", { name: "Remove filter: plan is free or team" }).waitFor();
  assert.equal(await page.getByRole("region", { name: "Properties" }).locator("tbody tr").count(), 2);
});

trackflow.story("properties_fit_a_phone", { viewport: { width: 360, height: 740 } }, async ({ page, at }) => {
  for (const path of [SITE, `${SITE}/properties/plan`]) {
    await page.goto(at(path));
    await page.getByRole("heading", { name: /Properties|Values of plan/ }).waitFor();
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(sideways <= 0, `${path}: ${sideways} pixels sideways`);
  }
});
