// Shared dashboards in frames of a page of another site.
import assert from "node:assert/strict";
import { check } from "../support/accessible.mjs";
import { html } from "../support/sites.mjs";
import { cards, panel, SEEDED, useTrackFlow } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED], flags: ["--hide-scrollbars"] });

const SHARING = `/sites/${SEEDED.domain}/settings/sharing`;

async function makeLink(page, at, { name, password = "" }) {
  await page.goto(at(SHARING));
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Make link" }).click();
  return { link: (await page.locator("#address").innerText()).trim(), line: await page.locator("#new-frame").innerText() };
}

trackflow.story("a_link_is_read_in_a_frame_of_another_site", { timeout: 120_000 }, async ({ page, at }) => {
  await page.goto(at(`/sites/${SEEDED.domain}`));
  const expected = await cards(page);
  const { link, line } = await makeLink(page, at, { name: "Blog" });
  const { link: locked } = await makeLink(page, at, { name: "Team", password: "a sentence for the team" });
  const framed = (address) => html({ title: "Our figures", body: `<h1>Our figures</h1><iframe src="${address}" title="Statistics" width="100%" height="900"></iframe>` });
  const blog = await trackflow.site({
    "/": html({ title: "Our figures", body: `<h1>Our figures</h1>${line}` }),
    "/dark": html({ title: "Our figures", body: line.replace("theme=system", "theme=dark") }),
    "/locked": framed(`${locked}?embed=true`),
    "/whole": framed(link),
  });
  const there = (path) => blog.address("blog.test") + path;

  // Also where the reader chose the other theme for pages of their own.
  const { context, complaints } = await trackflow.open({ as: "nobody", colorScheme: "light", expected: [/frame-ancestors/] });
  const guest = await context.newPage();
  await guest.goto(link);
  await guest.evaluate(() => localStorage.setItem("trackflow-theme", "dark"));
  await guest.goto(there("/"));
  const frame = guest.frameLocator("iframe");
  await panel(frame, "Pages").locator("tbody tr").first().waitFor();
  assert.deepEqual(await cards(frame), expected);
  const background = () => frame.locator("html").evaluate((element) => getComputedStyle(element).backgroundColor);
  const light = await background();
  for (const name of [/TrackFlow, all sites/, /sign in/i, /CSV/, /journeys/i]) {
    assert.equal(await frame.getByRole("link", { name }).count(), 0, `a frame offers ${name}`);
  }

  // Its links stay in the frame and keep the theme; what leads out has a window of its own.
  await frame.locator("details.menu > summary").filter({ hasText: "Last 28 days" }).click();
  await frame.getByRole("link", { name: /^Last 7 days/ }).click();
  await frame.locator("summary").filter({ hasText: "Last 7 days" }).waitFor();
  await panel(frame, "Devices").getByRole("link", { name: "Details of browsers" }).click();
  await frame.getByRole("heading", { name: "Browsers" }).waitFor();
  await frame.getByRole("link", { name: "Chrome" }).click();
  await frame.getByRole("link", { name: "Remove filter: Browser is Chrome" }).waitFor();
  const opened = context.waitForEvent("page");
  await frame.getByRole("link", { name: /^Full view/ }).click();
  const full = await opened;
  await full.waitForURL(`${link}?period=7d&filter=browser:is:Chrome`);
  await full.close();

  await guest.goto(there("/dark"));
  await panel(frame, "Pages").locator("tbody tr").first().waitFor();
  assert.notEqual(await background(), light);

  await guest.goto(there("/locked"));
  await frame.getByRole("heading", { name: "This dashboard has a password" }).waitFor();
  assert.equal(await frame.getByLabel("Password").count(), 0, "no form that could not work");
  const asked = context.waitForEvent("page");
  await frame.getByRole("link", { name: "Open in a new tab" }).click();
  const gate = await asked;
  await gate.getByLabel("Password").waitFor();
  assert.equal(gate.url(), locked);

  // What is not embedded stays out of frames.
  await guest.goto(there("/whole"));
  await guest.waitForTimeout(500);
  assert.equal(await panel(frame, "Pages").count(), 0);
  assert.deepEqual(complaints.all(), []);
  await context.close();
});

for (const theme of ["light", "dark"]) {
  trackflow.story(`embedded_dashboards_are_accessible_and_fit_the_smallest_frame ${theme}`, { timeout: 240_000 }, async ({ page, at }) => {
    const { link } = await makeLink(page, at, { name: theme });
    await page.goto(`${link}?embed=true&theme=${theme}`);
    await check(page);
    await page.goto(`${link}/page?embed=true&theme=${theme}`);
    await check(page);
  });
}

trackflow.story("a_frame_needs_no_script_and_never_shows_a_signed_in_reader_more", { javaScriptEnabled: false, expected: [/status of 404/] }, async ({ page, at }) => {
  const blog = await trackflow.site({
    "/": html({ body: `<iframe src="${at(`/sites/${SEEDED.domain}?embed=true`)}" title="Statistics" width="100%" height="900"></iframe>` }),
  });
  await page.goto(blog.address("blog.test"));
  const frame = page.frameLocator("iframe");
  await frame.getByText("It may no longer be shared").waitFor();
  await page.goto(at(SHARING));
  await page.getByRole("button", { name: "Make public" }).click();
  await page.getByText("The dashboard is public").waitFor();
  await page.goto(blog.address("blog.test"));
  await panel(frame, "Pages").locator("tbody tr").first().waitFor();
  assert.equal(await frame.getByRole("link", { name: /settings/i }).count(), 0);
  await page.goto(at(SHARING));
  await page.getByRole("button", { name: "Make private" }).click();
});
