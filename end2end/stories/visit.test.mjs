// A visit as it happens: found through a link on another site, a single-page app that is clicked through and read, and what
// the dashboard says about it moments later.
import assert from "node:assert/strict";
import { html } from "../support/sites.mjs";
import { cards, panel, rows, useTrackFlow } from "../support/stories.mjs";

// From the visitor's last act to the figures on the dashboard.
const SEEN_MS = 2_000;
// Of the seconds that a page was read the dashboard must know at least so many.
const READ_MS = 1_200;

const trackflow = useTrackFlow({ sites: [{ domain: "blog.test", name: "Blog" }] });

// Links of the app change the address without loading a page, as routers do.
const APP = (origin) => html({
  title: "Blog",
  head: `<script defer src="${origin}/js/script.js" data-domain="blog.test"></script>`,
  body: `<nav><a href="/">Home</a> <a href="/pricing">Pricing</a> <a href="/docs">Docs</a></nav><h1>Home</h1>
    <button type="button">Sign up</button><div style="height:3000px"></div>
    <script>
      document.querySelector("nav").addEventListener("click", (event) => {
        event.preventDefault();
        history.pushState({}, "", event.target.href);
        document.querySelector("h1").textContent = event.target.textContent;
      });
      document.querySelector("button").addEventListener("click", () => trackflow("Signup", { props: { plan: "pro" } }));
    </script>`,
});

trackflow.story("visit_to_a_single_page_app_is_on_the_dashboard_within_two_seconds", async ({ page, origin, at }) => {
  const blog = await trackflow.site({ "/": APP(origin), "/pricing": APP(origin), "/docs": APP(origin) });
  const links = await trackflow.site({
    "/": html({ body: `<a href="${blog.address("blog.test")}/?utm_source=letter&utm_medium=email&utm_campaign=spring">A good blog</a>` }),
  });

  const visitor = await trackflow.browser.newContext();
  const visit = await visitor.newPage();
  const beacons = [];
  visit.on("request", (request) => {
    if (request.url() === `${origin}/api/event`) beacons.push(request);
  });
  const sent = async (path, name) => {
    const isIt = (request) => {
      const { n, u } = JSON.parse(request.postData());
      return n === name && new URL(u).pathname === path;
    };
    const request = beacons.find(isIt) || await visit.waitForEvent("request", (request) =>
      request.url() === `${origin}/api/event` && isIt(request));
    const answer = await request.response();
    assert.equal(answer.status(), 202);
    assert.equal(answer.headers()["x-trackflow-dropped"], undefined);
  };

  await visit.goto(links.address("links.test"));
  await visit.getByRole("link", { name: "A good blog" }).click();
  await sent("/", "pageview");
  await visit.getByRole("link", { name: "Pricing" }).click();
  await sent("/pricing", "pageview");
  await visit.getByRole("button", { name: "Sign up" }).click();
  await sent("/pricing", "Signup");
  // Reading takes its time: nothing else can be waited for.
  await visit.waitForFunction((until) => performance.now() > until, READ_MS + await visit.evaluate(() => performance.now()));
  await visit.getByRole("link", { name: "Docs" }).click();
  await sent("/docs", "pageview");
  await sent("/pricing", "engagement");
  await visit.goto("about:blank");
  const left = performance.now();

  await page.goto(at("/sites/blog.test?period=today"));
  const figures = await cards(page);
  const pages = await rows(panel(page, "Pages"));
  const seen = performance.now() - left;
  console.log(`the dashboard knew the visit ${seen.toFixed(0)} ms after its end`);
  assert.ok(seen < SEEN_MS, `${seen} ms`);

  assert.equal(figures.Visitors, "1");
  assert.equal(figures.Visits, "1");
  assert.equal(figures.Pageviews, "3");
  assert.equal(figures["Views per visit"], "3.00");
  assert.match(figures["Bounce rate"], /^0\s?%$/);
  assert.deepEqual(pages, { "/": ["1"], "/docs": ["1"], "/pricing": ["1"] });
  assert.match(await page.getByRole("link", { name: /current visitor/ }).innerText(), /^1\s+current visitor\b/);

  // The link's tags say more than its place: the source is the letter, the referrer is the page.
  assert.deepEqual(await rows(panel(page, "Sources")), { letter: ["1"] });
  assert.deepEqual(await rows(panel(page, "Devices")), { Chrome: ["1"] });
  const table = async (dimension) => {
    await page.goto(at(`/sites/blog.test/${dimension}?period=today`));
    return rows(page.getByRole("table"));
  };
  assert.deepEqual(Object.keys(await table("referrer")), ["links.test"]);
  assert.deepEqual(Object.keys(await table("campaign")), ["spring"]);
  assert.deepEqual(Object.keys(await table("entry_page")), ["/"]);
  assert.deepEqual(Object.keys(await table("exit_page")), ["/docs"]);
  assert.deepEqual(Object.keys(await table("event")), ["Signup"]);
  const read = await table("page");
  const [, , time, depth] = read["/pricing"];
  assert.match(time, /^[1-4]\s?s$/, `time on /pricing: ${time}`);
  assert.match(depth, /^\d+\s?%$/);
  await visitor.close();
});

trackflow.story("a_page_without_tags_counts_under_the_site_that_linked_to_it", async ({ page, origin, at }) => {
  const blog = await trackflow.site({ "/article": APP(origin) });
  const links = await trackflow.site({ "/list": html({ body: `<a href="${blog.address("blog.test")}/article">An article</a>` }) });
  const visitor = await trackflow.browser.newContext({ userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0" });
  const visit = await visitor.newPage();
  await visit.goto(`${links.address("forum.test")}/list`);
  const counted = visit.waitForResponse(`${origin}/api/event`);
  await visit.getByRole("link", { name: "An article" }).click();
  assert.equal((await counted).status(), 202);
  await visitor.close();

  await page.goto(at("/sites/blog.test?period=today&filter=page:is:/article"));
  assert.equal((await cards(page)).Visitors, "1");
  assert.deepEqual(await rows(panel(page, "Sources")), { "forum.test": ["1"] });
});
