// The first minutes with TrackFlow: from a program without users to the first visit on the dashboard.
import assert from "node:assert/strict";
import { html } from "../support/sites.mjs";
import { ADMIN, cards, panel, rows, setUp, useTrackFlow } from "../support/stories.mjs";

// What the snippet page promises: "it appears here within seconds".
const RECEIVED_MS = 2_000;

const trackflow = useTrackFlow({ admin: false });

trackflow.story("first_start_leads_from_the_set_up_page_to_the_first_visit", { as: "nobody" }, async ({ page, context, origin, at }) => {
  await page.goto(at("/sites"));
  assert.equal(new URL(page.url()).pathname, "/setup", "every address leads to the set-up page");

  // A slip is told in place and loses nothing but the passwords.
  await page.getByLabel("Email address").fill(ADMIN.email);
  await page.getByLabel("Password", { exact: true }).fill("correct horse");
  await page.getByLabel("Password again").fill("correct house");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("The two passwords differ.").waitFor();
  assert.equal(await page.getByLabel("Email address").inputValue(), ADMIN.email);

  await setUp(page, origin);
  await page.getByLabel("Domain").fill("https://www.Blog.test/index.html");
  await page.getByLabel("Name").fill("Blog");
  await page.getByLabel("Time zone").selectOption("Europe/Berlin");
  await page.getByRole("button", { name: "Add site" }).click();

  await page.getByRole("heading", { name: "Blog is ready" }).waitFor();
  const status = page.getByRole("status").filter({ hasText: /first visit/i });
  assert.match(await status.innerText(), /Waiting for the first visit…/);
  const snippet = await page.locator("#snippet").innerText();
  assert.equal(snippet, `<script defer data-domain="blog.test" src="${origin}/js/script.js"></script>`);

  const dashboard = await context.newPage();
  await dashboard.goto(at("/sites/blog.test"));
  await dashboard.getByRole("heading", { name: "Waiting for Blog" }).waitFor();
  await page.bringToFront();

  // The line as it was copied, with the one attribute that counts visits to one's own computer.
  const site = await trackflow.site({ "/hello": html({ head: snippet.replace("defer", "defer data-local") }) });
  const visitor = await trackflow.browser.newContext();
  const visit = await visitor.newPage();
  const counted = visit.waitForResponse((answer) => answer.url() === `${origin}/api/event`);
  await visit.goto(`${site.address("localhost")}/hello`);
  assert.equal((await counted).status(), 202);
  await page.bringToFront();
  const begun = performance.now();
  await page.getByText("First visit received").waitFor({ timeout: RECEIVED_MS + 500 });
  const waited = performance.now() - begun;
  console.log(`first visit received after ${waited.toFixed(0)} ms`);
  assert.ok(waited < RECEIVED_MS, `${waited} ms`);
  assert.deepEqual(await visitor.cookies(), [], "the visit left no cookie");
  await visitor.close();

  await page.getByRole("link", { name: "Open dashboard" }).click();
  await page.waitForURL(at("/sites/blog.test"));
  assert.equal((await cards(page)).Visitors, "1");
  assert.deepEqual(await rows(panel(page, "Pages")), { "/hello": ["1"] });

  // The set-up page is closed for good.
  for (const answer of [
    await page.request.get(at("/setup"), { maxRedirects: 0 }),
    await page.request.post(at("/api/app/set_up"), {
      form: { email: "eve@trackflow.test", password: "a second admin", password_again: "a second admin" },
      headers: { Origin: origin },
      maxRedirects: 0,
    }),
  ]) assert.equal(answer.status(), 303);
  assert.equal((await trackflow.run(["user", "list"])).trim(), `${ADMIN.email}\tadmin`);
});
