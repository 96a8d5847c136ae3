// What strangers send is shown as text, whatever it says, and the first view stays small.
import assert from "node:assert/strict";
import { SEEDED, useTrackFlow } from "../support/stories.mjs";
import { USER_AGENT } from "../support/browser.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED, { domain: "target.test" }] });

const HOSTILE = [
  '"><img src=x onerror=__xss(1)>',
  "</script><script>__xss(2)</script>",
  "'onmouseover='__xss(3)",
  "<svg/onload=__xss(4)>",
  "{{constructor.constructor('__xss(5)')()}}",
];

trackflow.story("hostile_text_is_shown_and_never_runs", async ({ page, origin, at }) => {
  for (const text of HOSTILE) {
    const encoded = encodeURIComponent(text);
    for (const [name, url, referrer] of [
      ["pageview", `https://target.test/${encoded}?utm_source=${encoded}&utm_campaign=${encoded}`, "https://other.test/"],
      ["pageview", "https://target.test/plain", `https://other.test/${encoded}`],
      [text, "https://target.test/plain", null],
    ]) {
      const answer = await fetch(`${origin}/api/event`, {
        method: "POST", headers: { "User-Agent": USER_AGENT }, body: JSON.stringify({ n: name, u: url, d: "target.test", r: referrer, p: { key: text } }),
      });
      assert.equal(answer.status, 202);
      assert.equal(answer.headers.get("x-trackflow-dropped"), null);
    }
  }
  await page.addInitScript(() => {
    window.calls = [];
    window.__xss = (which) => window.calls.push(which);
  });
  const dashboard = "/sites/target.test?period=today";
  const views = [dashboard, `${dashboard}&sources=campaign&pages=exit_page`];
  for (const dimension of ["page", "source", "referrer", "campaign", "utm_source", "event"]) views.push(`/sites/target.test/${dimension}?period=today`);
  views.push(`${dashboard}&filter=${encodeURIComponent(`page:is:/${HOSTILE[0]}`)}`);
  let shown = 0;
  for (const view of views) {
    await page.goto(at(view));
    await page.locator("main").hover();
    assert.deepEqual(await page.evaluate(() => window.calls), [], view);
    assert.equal(await page.locator("main img, main script:not([src]):not([nonce]), main svg[onload], [onmouseover], [onerror]").count(), 0, view);
    for (const href of await page.locator("a[href]").evaluateAll((links) => links.map((link) => link.protocol))) {
      assert.match(href, /^https?:$/, view);
    }
    if ((await page.locator("main").innerText()).includes("__xss(")) shown += 1;
  }
  assert.ok(shown >= 5, `the text was shown in ${shown} views only`);
});

trackflow.story("first_view_is_small_and_charts_come_when_touched", async ({ page, context, at }) => {
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const [urls, sizes] = [new Map(), new Map()];
  session.on("Network.responseReceived", ({ requestId, response }) => urls.set(requestId, response.url));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
  const transferred = (part = "") => [...sizes].filter(([id]) => urls.get(id)?.includes(part)).reduce((sum, [, size]) => sum + size, 0);

  await page.goto(at("/sites/shop.test"), { waitUntil: "networkidle" });
  const [first, wasm] = [transferred(), transferred(".wasm")];
  assert.equal(transferred("charts.js"), 0);
  const loaded = page.waitForResponse(/charts\.js$/);
  await page.locator(".chart-live").hover();
  await (await loaded).finished();
  await page.waitForLoadState("networkidle");
  const charts = transferred("charts.js");
  console.log(`first view ${first} bytes, WebAssembly ${wasm}, charts ${charts}`);
  assert.ok(first > 0 && first <= 140_000, `first view: ${first} bytes`);
  assert.ok(wasm > 0 && wasm <= 60_000, `WebAssembly: ${wasm} bytes`);
  assert.ok(charts > 0 && charts <= 160_000, `charts: ${charts} bytes`);
});
