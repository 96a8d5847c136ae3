// Goals, funnels, segments and annotations: an owner keeps them without a script, and the dashboard shows what they say.
import assert from "node:assert/strict";
import { SEEDED, SILENT, useTrackFlow } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED, SILENT], viewer: true });

const SITE = `/sites/${SEEDED.domain}`;
const titles = (page, name) => page.getByRole("list", { name, exact: true }).locator(".entry-title").allInnerTexts();

trackflow.story("goal_is_added_counted_and_narrows_the_dashboard", { javaScriptEnabled: false }, async ({ page, at }) => {
  await page.goto(at(`${SITE}/goals`));
  await page.getByText("There is no goal yet.").waitFor();
  await page.getByText("A page is viewed…").click();
  await page.getByLabel("Page", { exact: true }).first().fill("no path");
  await page.getByRole("button", { name: "Add goal" }).first().click();
  await page.getByText("This must begin with / or *").waitFor();
  await page.locator("#page-pattern").fill("/**");
  await page.locator("#page-name").fill("Any page");
  await page.getByRole("button", { name: "Add goal" }).first().click();
  await page.getByText("The goal is on the dashboard").waitFor();
  assert.deepEqual(await titles(page, "Goals"), ["Any page"]);

  await page.goto(at(SITE));
  const goals = page.getByRole("region", { name: "Goals", exact: true });
  await goals.getByRole("link", { name: "Any page" }).click();
  await page.getByRole("link", { name: "Remove goal: Any page" }).waitFor();
  assert.match(page.url(), /goal=1/);
  assert.ok((await page.getByRole("columnheader", { name: "Rate" }).count()) > 1, "tables have rates");
  await page.getByRole("link", { name: "Remove goal: Any page" }).click();
  assert.doesNotMatch(page.url(), /goal=/);

  await page.goto(at(`${SITE}/goals`));
  await page.getByRole("button", { name: "Remove Any page" }).click();
  await page.getByText("There is no goal yet.").waitFor();
});

trackflow.story("funnel_is_built_step_by_step_without_script", { javaScriptEnabled: false }, async ({ page, at }) => {
  await page.goto(at(`${SITE}/funnels`));
  await page.getByLabel("Name").fill("Way in");
  await page.getByLabel("Step 1", { exact: true }).selectOption("page");
  await page.getByLabel("Page or event of step 1").fill("/**");
  await page.getByRole("button", { name: "Add a step" }).click();
  assert.equal(await page.getByLabel("Name").inputValue(), "Way in", "what was typed is kept");
  await page.getByLabel("Step 3", { exact: true }).selectOption("event");
  await page.getByLabel("Page or event of step 3").fill("No such event");
  await page.getByRole("button", { name: "Remove step 2" }).click();
  assert.equal(await page.getByLabel("Page or event of step 2").inputValue(), "No such event");
  await page.getByLabel("Name").press("Enter");
  await page.getByRole("heading", { name: "Way in" }).waitFor();
  await page.getByText("took the first step; 0% of those took them all.").waitFor();
  assert.equal(await page.getByRole("rowheader").count(), 2);
  await page.getByRole("link", { name: "All funnels" }).click();
  await page.getByRole("button", { name: "Remove Way in" }).click();
  await page.getByText("There is no funnel yet.").waitFor();
});

trackflow.story("filters_are_saved_as_a_segment", async ({ page, at }) => {
  await page.goto(at(`${SITE}?filter=device:is:Desktop`));
  await page.locator(".filter-menu > summary").click();
  await page.getByRole("link", { name: "Save filters as a segment…" }).click();
  await page.getByRole("link", { name: "Remove filter: Device is Desktop" }).waitFor();
  await page.getByLabel("Name").fill("At a desk");
  await page.getByLabel("Everyone who sees the site").check();
  await page.getByRole("button", { name: "Save segment" }).click();
  await page.getByRole("link", { name: "Remove segment: At a desk" }).click();
  await page.locator(".filter-menu > summary").click();
  await page.getByRole("link", { name: "At a desk" }).click();
  assert.match(page.url(), /segment=1/);
  await page.goto(at(`${SITE}/segments`));
  assert.deepEqual(await titles(page, "Segments"), ["At a desk"]);
  await page.getByRole("button", { name: "Remove At a desk" }).click();
  await page.getByText("There is no segment yet.").waitFor();
});

trackflow.story("annotation_is_told_in_the_chart_below_it_and_by_keyboard", async ({ page, at }) => {
  await page.goto(at(`${SITE}/annotations`));
  await page.getByLabel("What happened").fill("Version 2 was released");
  await page.getByRole("button", { name: "Add annotation" }).click();
  await page.getByText("The annotation is in the chart of its time.").waitFor();

  await page.goto(at(SITE));
  await page.getByRole("list", { name: "Annotations" }).getByText("Version 2 was released").waitFor();
  assert.equal(await page.locator(".chart-plot .annotation").count(), 1);
  const chart = page.getByRole("group", { name: /Arrow keys tell the figures/ });
  await chart.focus();
  const live = page.locator(".chart-live [aria-live=polite]");
  await live.waitFor({ state: "attached" });
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.querySelector(".chart-live [aria-live]").textContent.includes("Version 2 was released"));

  const listed = await trackflow.run(["site", "annotation", "list", SEEDED.domain]);
  assert.match(listed, /^1\t\d{4}-\d\d-\d\d\tVersion 2 was released\n$/);
  await page.goto(at(`${SITE}/annotations`));
  await page.getByRole("button", { name: "Remove Version 2 was released" }).click();
  await page.getByText("There is no annotation yet.").waitFor();
});

trackflow.story("read_only_account_sees_what_is_kept_and_no_form", { as: "viewer" }, async ({ page, at }) => {
  await trackflow.run(["site", "goal", "add", SILENT.domain, "--page", "/thanks"]);
  await trackflow.run(["site", "funnel", "add", SILENT.domain, "Buy", "--step", "page:/", "--step", "goal:Visit /thanks"]);
  await trackflow.run(["site", "segment", "add", SILENT.domain, "German", "--filter", "country:is:DE"]);
  await trackflow.run(["site", "annotation", "add", SILENT.domain, "2026-11-24", "Opened"]);
  for (const [path, name, title] of [
    ["goals", "Goals", "Visit /thanks"],
    ["funnels", "Funnels", "Buy"],
    ["segments", "Segments", "German"],
    ["annotations", "Annotations", "Opened"],
  ]) {
    await page.goto(at(`/sites/${SILENT.domain}/${path}`));
    assert.deepEqual(await titles(page, name), [title]);
    for (const role of ["textbox", "combobox", "button"]) {
      assert.equal(await page.getByRole("main").getByRole(role).count(), 0, `${path} has a ${role}`);
    }
  }
});
