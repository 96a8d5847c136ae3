// Why are my numbers low? A crawler and a person visit; the page on ingestion tells them apart, by itself and without a script.
import assert from "node:assert/strict";
import { html } from "../support/sites.mjs";
import { SILENT, useTrackFlow } from "../support/stories.mjs";

// The page reads itself again every 10 s, and the ledger is written once a second.
const SEEN_MS = 15_000;

const CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

const trackflow = useTrackFlow({ sites: [{ domain: "blog.test", name: "Blog" }, SILENT], viewer: true });

const reason = (page, name) => page.getByRole("table", { name: "Refused events by reason" }).getByRole("row", { name });

// One event and no more: the beacon script would add how long the page was read.
async function visit(origin, userAgent) {
  const blog = await trackflow.site({ "/": html({ body: "<h1>Blog</h1>" }) });
  const context = await trackflow.browser.newContext(userAgent ? { userAgent } : {});
  const page = await context.newPage();
  await page.goto(blog.address("blog.test"));
  const answer = await page.evaluate(async (url) => {
    const body = JSON.stringify({ n: "pageview", u: "https://blog.test/", d: "blog.test" });
    const { status, headers } = await fetch(url, { method: "POST", body });
    return { status, dropped: headers.get("x-trackflow-dropped") };
  }, `${origin}/api/event`);
  await context.close();
  return answer;
}

trackflow.story("a_refused_visit_appears_on_the_page_with_its_reason", async ({ page, origin, at }) => {
  await page.goto(at("/sites/blog.test/settings"));
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Ingestion" }).click();
  await page.getByText("No event of blog.test was stored yet.").waitFor();
  await page.getByText("Nothing was refused in this time.").waitFor();

  assert.deepEqual(await visit(origin, CRAWLER), { status: 202, dropped: "bot" });
  assert.deepEqual(await visit(origin), { status: 202, dropped: null });
  await reason(page, /^Bots/).waitFor({ timeout: SEEN_MS });
  assert.match(await reason(page, /^Bots/).innerText(), /\b1\b/);
  const bots = page.getByRole("region", { name: "Bots by name" });
  await bots.getByRole("row", { name: /^Googlebot/ }).waitFor();
  const now = page.getByRole("region", { name: "Now" });
  assert.match(await now.innerText(), /Last event\s+(just now|\d+ seconds? ago)/);
  assert.match(await now.innerText(), /Stored today\s+1\b/);
  assert.match(await now.innerText(), /Refused today\s+1\b/);
  await now.getByText("1 in the last 60 minutes, at most 1 a minute.").waitFor();

  await page.getByRole("link", { name: "30 d" }).click();
  await page.getByText("1 in the last 30 days, not counted in the figures.").waitFor();
  assert.equal(new URL(page.url()).search, "?period=30d");
  assert.match(await page.getByRole("region", { name: "This server" }).innerText(), /Writer\s+Writing/);
});

trackflow.story("the_page_is_whole_without_a_script_and_for_readers", { as: "viewer", javaScriptEnabled: false }, async ({ page, origin, at }) => {
  await visit(origin, CRAWLER);
  // No script reads the page again: the reader does, once the ledger was written.
  await page.waitForTimeout(1_500);
  await page.goto(at("/sites/blog.test/ingestion?period=7d"));
  await reason(page, /^Bots/).waitFor();
  assert.equal(await page.getByText("Reads itself again").isVisible(), false);
  await page.goto(at("/sites/silent.test/ingestion"));
  await page.getByText("No event of silent.test was stored yet.").waitFor();
});
