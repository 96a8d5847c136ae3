// The vitals script in a real browser: what public/vitals.src.js promises, against a small server that only keeps what it is
// sent. Needs `npm ci` and `npm run assets`; CHROMIUM names another browser than /usr/bin/chromium.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { startBrowser } from "./support/browser.mjs";

const script = readFileSync(new URL("../public/built/vitals.js", import.meta.url));
// Long enough for a message that must not come to arrive after all.
const QUIET_MS = 300;

let server, browser, port, stop;
const received = [];
const attributes = new Map(); // path → of the tag

before(async () => {
  server = createServer((request, response) => {
    const [path] = request.url.split("?");
    if (request.method === "POST") {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        received.push({ path, headers: request.headers, ...JSON.parse(body) });
        response.writeHead(202, { "Access-Control-Allow-Origin": "*", "Set-Cookie": "id=1" }).end("ok");
      });
    } else if (path === "/js/vitals.js") {
      response.writeHead(200, { "Content-Type": "text/javascript" }).end(script);
    } else if (path === "/elsewhere") {
      response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>e</title>elsewhere");
    } else {
      const tag = `<script defer src="http://data.test:${port}/js/vitals.js" data-domain="site.test" ${attributes.get(path) ?? ""}></script>`;
      response.writeHead(200, { "Content-Type": "text/html" }).end(`<!doctype html><meta charset="utf-8"><title>t</title>${tag}<h1>Text</h1><button onclick="const end = performance.now() + 80; while (performance.now() < end);">Press</button>`);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = server.address().port;
  ({ browser, stop } = await startBrowser());
});

after(async () => {
  await stop?.();
  server?.closeAllConnections();
  server?.close();
});

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const of = (path) => received.filter((message) => message.u.includes(path));

async function arrived(path, count) {
  const end = Date.now() + 5_000;
  while (of(path).length < count && Date.now() < end) await sleep(10);
  await sleep(QUIET_MS);
  assert.equal(of(path).length, count, JSON.stringify(received));
  return of(path).at(-1);
}

// A test with a page of its own, on which nothing may go wrong.
function story(name, run) {
  test(name, async () => {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const errors = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      const open = async (path, { host = "site.test", tag = "", init } = {}) => {
        attributes.set(path.split(/[?#]/)[0], tag);
        if (init) await page.addInitScript(init);
        await page.goto(`http://${host}:${port}${path}`);
        // Until the text was drawn.
        await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100))));
      };
      const leave = () => page.goto(`http://site.test:${port}/elsewhere`);
      await run({ page, open, leave });
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });
}

test("script_is_below_3000_bytes_gzip_and_writes_nothing", () => {
  const size = gzipSync(script, { level: 9 }).length;
  assert.ok(size < 3_000, `${size} bytes`);
  assert.doesNotMatch(script.toString(), /\beval\b|new Function|cookie|setItem|sendBeacon|sessionStorage|indexedDB/);
});

story("a_page_that_is_left_sends_one_message_with_all_it_measured", async ({ page, open, leave }) => {
  await open("/one?q=1#part");
  await page.click("button");
  await sleep(QUIET_MS);
  assert.equal(of("/one").length, 0, "not before the page is hidden");
  await leave();
  const { path, headers, v, ...rest } = await arrived("/one", 1);
  assert.equal(path, "/api/event");
  assert.deepEqual(rest, { n: "vitals", u: `http://site.test:${port}/one?q=1`, d: "site.test" });
  assert.equal(headers.cookie, undefined);
  assert.match(headers["content-type"], /^text\/plain/);
  assert.deepEqual(Object.keys(v).sort(), ["cls", "fcp", "inp", "lcp", "ttfb"]);
  for (const [name, value] of Object.entries(v)) assert.ok(value >= 0 && value < 60_000, `${name} ${value}`);
  assert.ok(v.ttfb <= v.fcp && v.fcp <= v.lcp);
});

story("a_page_that_comes_back_from_the_cache_is_measured_again", async ({ page, open, leave }) => {
  await open("/back");
  await leave();
  await arrived("/back", 1);
  await page.goBack({ waitUntil: "commit" });
  await sleep(300);
  await leave();
  const { v } = await arrived("/back", 2);
  assert.ok(v.lcp < 1_000, "since it came back");
});

story("attributes_say_where_to_and_what_a_page_is", async ({ open, leave }) => {
  await open("/hash#/route", { tag: `data-hash data-api="/tf/event"` });
  await leave();
  const message = await arrived("/hash", 1);
  assert.equal(message.path, "/tf/event");
  assert.equal(message.h, 1);
  assert.ok(message.u.endsWith("/hash#/route"));
});

for (const [name, path, options, count] of [
  ["who_asks_not_to_be_tracked", "/dnt", { init: () => Object.defineProperty(navigator, "doNotTrack", { value: "1" }) }, 0],
  ["global_privacy_control", "/gpc", { init: () => Object.defineProperty(navigator, "globalPrivacyControl", { value: true }) }, 0],
  ["who_leaves_oneself_out", "/ignore", { init: () => (localStorage.trackflow_ignore = "true") }, 0],
  ["localhost", "/localhost", { host: "localhost" }, 0],
  ["localhost_with_data_local", "/development", { host: "localhost", tag: "data-local" }, 1],
]) {
  story(`${name}_sends_${count}`, async ({ open, leave }) => {
    await open(path, options);
    await leave();
    await arrived(path, count);
  });
}
