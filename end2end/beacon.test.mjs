// The beacon script in a real browser: every behaviour that public/script.src.js promises, against a small server that
// only keeps what it is sent. Needs `npm ci` and `npm run assets`; CHROMIUM names another browser than /usr/bin/chromium.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { launch, startBrowser } from "./support/browser.mjs";

const script = readFileSync(new URL("../public/built/script.js", import.meta.url));
const QUEUE_SNIPPET = "window.trackflow=window.trackflow||function(){(trackflow.q=trackflow.q||[]).push(arguments)}";
// Long enough for a beacon that must not come to arrive after all.
const QUIET_MS = 250;

let server, browser, port;
const stops = [];
const received = []; // every beacon of every test, told apart by its domain
const pages = new Map(); // host and path → HTML

before(async () => {
  server = createServer((request, response) => {
    const [path] = request.url.split("?");
    if (request.method === "POST") {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        received.push({ at: Date.now(), path: request.url, host: request.headers.host, headers: request.headers, ...JSON.parse(body) });
        // Both would identify a visitor if the browser gave them back.
        response.writeHead(202, { "Access-Control-Allow-Origin": "*", "Set-Cookie": "id=1", ETag: '"1"' }).end("ok");
      });
    } else if (path === "/js/script.js") {
      response.writeHead(200, { "Content-Type": "text/javascript" }).end(script);
    } else if (pages.has(path)) {
      response.writeHead(200, { "Content-Type": "text/html" }).end(pages.get(path));
    } else {
      response.writeHead(path.endsWith(".pdf") ? 204 : 404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = server.address().port;
  let stop;
  ({ browser, stop } = await startBrowser());
  stops.push(stop);
});

after(async () => {
  for (const stop of stops) await stop();
  server?.closeAllConnections();
  server?.close();
});

let counter = 0;

// One story: a page with the script, opened in a context of its own, and what arrived from it.
async function visit(context, { attributes = "", head = "", body = "", host = "site.test", path, hash = "", referer, init, wait = true, api } = {}) {
  counter += 1;
  const domain = `site-${counter}.test`;
  const address = path ?? `/page-${counter}`;
  const tag = `<script defer src="http://stats.test:${port}/js/script.js" data-domain="${domain}" ${attributes}></script>`;
  const html = (extra) => `<!doctype html><meta charset="utf-8"><title>t</title>${head}${tag}<body>${body}${extra}`;
  pages.set(address, html(""));
  for (const other of ["/next", "/third"]) pages.set(`${address}${other}`, html(`<p>${other}</p>`));

  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  if (init) await page.addInitScript(init);
  const url = `http://${host}:${port}${address}${hash}`;
  await page.goto(url, { referer });

  const beacons = () => received.filter((beacon) => beacon.d === domain);
  const named = (name) => beacons().filter((beacon) => beacon.n === name);
  const story = {
    page, url, errors, domain, beacons, named,
    pathsViewed: () => named("pageview").map((beacon) => beacon.u.replace(/^http:\/\/[^/]+/, "").replace(address, "")),
    async received(name, count = 1) {
      const end = Date.now() + 5_000;
      while (named(name).length < count) {
        if (Date.now() > end) assert.fail(`waited for ${count} × ${name}, got ${JSON.stringify(beacons())}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return named(name)[count - 1];
    },
  };
  if (wait) await story.received("pageview");
  return story;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A test with a browser context that is closed afterwards, and a page that must not have had an error.
function story(name, run, contextOptions = {}) {
  test(name, async () => {
    const context = await browser.newContext({ viewport: { width: 800, height: 600 }, ...contextOptions });
    try {
      const result = await run((options) => visit(context, options), context);
      if (result) assert.deepEqual(result.errors, [], "errors in the host page");
    } finally {
      await context.close();
    }
  });
}

const TALL = '<div style="height:2400px">tall</div>';

test("script_is_below_1300_bytes_gzip_and_names_no_eval_cookie_or_storage_write", () => {
  const size = gzipSync(script, { level: 9 }).length;
  assert.ok(size < 1300, `${size} bytes`);
  assert.doesNotMatch(script.toString(), /\beval\b|new Function|cookie|setItem|sendBeacon|sessionStorage|indexedDB/);
});

story("load_sends_one_pageview_as_plain_text_without_credentials", async (open) => {
  const site = await open({ referer: "https://search.example/" });
  await sleep(QUIET_MS);
  assert.deepEqual(site.beacons().map((beacon) => beacon.n), ["pageview"]);
  const [{ at, path, host, headers, ...wire }] = site.beacons();
  assert.equal(path, "/api/event");
  assert.equal(host, `stats.test:${port}`);
  assert.match(headers["content-type"], /^text\/plain/);
  assert.equal(headers.cookie, undefined);
  assert.deepEqual(wire, { n: "pageview", u: site.url, d: site.domain, r: "https://search.example/", t: "t", w: 800 });
  return site;
});

story("view_of_a_routed_page_has_the_title_that_its_router_sets_afterwards", async (open) => {
  const site = await open();
  await site.page.evaluate((base) => {
    history.pushState({}, "", `${base}/a`);
    setTimeout(() => (document.title = "A"));
  }, site.url);
  await site.received("pageview", 2);
  // What follows at once neither overtakes the view nor loses it.
  await site.page.evaluate((base) => {
    history.pushState({}, "", `${base}/b`);
    document.title = "B";
    window.trackflow("Early");
    history.pushState({}, "", `${base}/c`);
    window.dispatchEvent(new Event("pagehide"));
  }, site.url);
  await site.received("pageview", 4);
  await sleep(QUIET_MS);
  assert.deepEqual(site.pathsViewed(), ["", "/a", "/b", "/c"]);
  assert.deepEqual(site.named("pageview").map((beacon) => [beacon.t, beacon.w]), [["t", 800], ["A", 800], ["B", 800], ["B", 800]]);
  const names = site.beacons().map((beacon) => beacon.u.at(-1) + beacon.n);
  assert.ok(names.indexOf("bpageview") < names.indexOf("bEarly"), names.join());
  assert.deepEqual([site.named("Early")[0].t, site.named("Early")[0].w], [undefined, undefined]);
  return site;
});

story("every_beacon_outlives_its_page", async (open) => {
  const site = await open({
    init: () => {
      const { fetch } = window;
      window.requests = [];
      window.fetch = (url, options) => {
        window.requests.push([options.method, options.keepalive]);
        return fetch(url, options);
      };
    },
  });
  await site.page.evaluate((base) => {
    window.trackflow("Signup");
    history.pushState({}, "", `${base}/a`);
  }, site.url);
  await site.received("pageview", 2);
  const requests = await site.page.evaluate(() => window.requests);
  assert.equal(requests.length, 4, "two views, an event and the engagement");
  for (const request of requests) assert.deepEqual(request, ["POST", true]);
  return site;
});

story("fragment_that_is_no_route_is_not_sent", async (open) => {
  const site = await open({ hash: "#access_token=secret" });
  assert.equal(site.named("pageview")[0].u, site.url.split("#")[0]);
  return site;
});

story("pushed_states_count_once_per_path_and_carry_no_referrer", async (open) => {
  const site = await open({ referer: "https://search.example/" });
  await site.page.evaluate((base) => {
    history.pushState({ kept: true }, "", `${base}/a`);
    history.pushState({}, "", `${base}/a`);
    history.pushState({}, "", `${base}/a?tab=2`);
    history.pushState({}, "", `${base}/b`);
  }, site.url);
  await site.received("pageview", 3);
  await sleep(QUIET_MS);
  assert.deepEqual(site.pathsViewed(), ["", "/a", "/b"]);
  assert.deepEqual(site.named("pageview").map((beacon) => beacon.r), ["https://search.example/", undefined, undefined]);
  assert.equal(await site.page.evaluate(() => history.length >= 4), true, "the original pushState was called");
  return site;
});

story("replaced_state_counts_only_with_another_path", async (open) => {
  const site = await open();
  await site.page.evaluate((base) => {
    history.replaceState({}, "", base);
    history.replaceState({ scroll: 3 }, "", `${base}?page=2`);
    history.replaceState({}, "", `${base}#part`);
    history.replaceState({ kept: 7 }, "", `${base}/other`);
  }, site.url);
  await site.received("pageview", 2);
  await sleep(QUIET_MS);
  assert.deepEqual(site.pathsViewed(), ["", "/other"]);
  assert.deepEqual(await site.page.evaluate(() => history.state), { kept: 7 });
  return site;
});

story("back_within_a_single_page_app_counts", async (open) => {
  const site = await open();
  await site.page.evaluate((base) => history.pushState({}, "", `${base}/a`), site.url);
  await site.received("pageview", 2);
  await site.page.evaluate(() => history.back());
  await site.received("pageview", 3);
  await sleep(QUIET_MS);
  assert.deepEqual(site.pathsViewed(), ["", "/a", ""]);
  return site;
});

story("jump_to_an_anchor_is_no_view_without_data_hash", async (open) => {
  const site = await open({ body: '<a href="#below">down</a><p id="below">' });
  await site.page.click("a");
  await sleep(QUIET_MS);
  assert.equal(site.beacons().length, 1);
  return site;
});

story("hash_routing_counts_each_fragment_with_data_hash", async (open) => {
  const site = await open({ attributes: "data-hash", hash: "#/start", body: '<a href="#/inbox">inbox</a>' });
  await site.page.click("a");
  await site.received("pageview", 2);
  await site.page.evaluate(() => (location.hash = "#/sent"));
  await site.received("pageview", 3);
  await site.page.evaluate(() => history.back());
  await site.received("pageview", 4);
  await sleep(QUIET_MS);
  assert.deepEqual(site.pathsViewed(), ["#/start", "#/inbox", "#/sent", "#/inbox"]);
  assert.deepEqual(site.named("pageview").map((beacon) => beacon.h), [1, 1, 1, 1]);
  return site;
});

story("return_from_the_back_forward_cache_counts_again", async (open) => {
  const site = await open();
  await site.page.evaluate(() => (window.survivor = true));
  await site.page.goto(`${site.url}/next`);
  await site.received("pageview", 2);
  await site.page.goBack({ waitUntil: "commit" });
  await site.received("pageview", 3);
  assert.equal(await site.page.evaluate(() => window.survivor), true, "the page really came from the cache");
  await sleep(QUIET_MS);
  assert.deepEqual(site.pathsViewed(), ["", "/next", ""]);
  return site;
});

story("hidden_tab_counts_when_it_is_first_seen", async (open) => {
  const site = await open({
    wait: false,
    head: `<script>${QUEUE_SNIPPET};trackflow("Loaded")</script>`,
    init: () => {
      let hidden = true;
      Object.defineProperty(document, "hidden", { get: () => hidden });
      window.show = () => {
        hidden = false;
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
      };
    },
  });
  await site.page.evaluate(() => history.replaceState({}, "", `${location.pathname}/settled`));
  await sleep(QUIET_MS);
  assert.deepEqual(site.beacons(), [], "nobody has seen the page");
  await site.page.evaluate(() => window.show());
  await site.received("Loaded");
  await site.page.evaluate(() => window.show());
  await sleep(QUIET_MS);
  assert.deepEqual(site.beacons().map((beacon) => beacon.n).sort(), ["Loaded", "pageview"]);
  assert.deepEqual(site.pathsViewed(), ["/settled"]);
  return site;
});

// Prerendering is off while a debugger is attached, so this browser is left alone and the page does it all.
test("prerendered_page_counts_only_when_it_is_opened", async () => {
  const tag = `<script defer src="http://stats.test:${port}/js/script.js" data-domain="prerender.test"></script>`;
  pages.set("/prerender", `<!doctype html><title>t</title><body>${tag}<script>
    addEventListener("load", () => {
      const rules = document.createElement("script");
      rules.type = "speculationrules";
      rules.textContent = JSON.stringify({ prerender: [{ urls: ["/prerender/next"], eagerness: "immediate" }] });
      document.body.append(rules);
      setTimeout(() => (location.href = "/prerender/next"), 1500);
    });
  </script>`);
  pages.set("/prerender/next", `<!doctype html><title>t</title>${tag}<script>
    ${QUEUE_SNIPPET};
    addEventListener("load", () => trackflow("Ready", { props: { prerendering: document.prerendering } }));
  </script>`);
  const { stop } = launch(`http://site.test:${port}/prerender`);
  const beacons = () => received.filter((beacon) => beacon.d === "prerender.test");
  const end = Date.now() + 10_000;
  while (!beacons().some((beacon) => beacon.n === "Ready") && Date.now() < end) await sleep(20);
  await sleep(QUIET_MS);
  await stop();
  const { p, at } = beacons().find((beacon) => beacon.n === "Ready") ?? assert.fail(JSON.stringify(beacons()));
  assert.equal(p.prerendering, true, "the page really was prerendered");
  const [first, second, ...more] = beacons().filter((beacon) => beacon.n === "pageview");
  assert.deepEqual([first.u, second.u, more].map(String), [`http://site.test:${port}/prerender`, `http://site.test:${port}/prerender/next`, ""]);
  assert.ok(second.at - first.at > 1_200, `counted ${second.at - first.at} ms after the first page: while it was prerendered`);
  assert.ok(at >= second.at - 50, "own events wait too");
});

story("calls_before_the_script_has_loaded_are_kept", async (open) => {
  const site = await open({
    head: `<script>${QUEUE_SNIPPET};trackflow("Early",{props:{a:1}});trackflow("Later")</script>`,
  });
  await site.received("Later");
  assert.deepEqual(site.named("Early")[0].p, { a: 1 });
  assert.equal(site.beacons().length, 3);
  return site;
});

story("own_event_carries_props_revenue_and_interactivity", async (open) => {
  const site = await open({ referer: "https://search.example/" });
  const status = await site.page.evaluate(() => new Promise((resolve) => {
    window.trackflow("Order", {
      props: { plan: "pro", seats: 3 },
      revenue: { amount: 12.5, currency: "EUR" },
      interactive: false,
      callback: (answer) => resolve(answer.status),
    });
  }));
  assert.equal(status, 202);
  const { at, path, host, headers, ...wire } = await site.received("Order");
  assert.deepEqual(wire, {
    n: "Order", u: site.url, d: site.domain, p: { plan: "pro", seats: 3 },
    $: { amount: 12.5, currency: "EUR" }, i: false,
  });
  await site.page.evaluate(() => window.trackflow("Plain", { interactive: true }));
  const plain = await site.received("Plain");
  assert.deepEqual([plain.p, plain.$, plain.i, plain.h], [undefined, undefined, undefined, undefined]);
  return site;
});

story("nothing_a_page_does_wrong_is_thrown_back_at_it", async (open) => {
  const site = await open();
  const answers = await site.page.evaluate(async () => {
    const circular = {};
    circular.self = circular;
    const failed = await new Promise((callback) => window.trackflow("Circular", { props: circular, callback }));
    window.trackflow("Nothing", null);
    window.trackflow("Odd", { callback: "not a function" });
    window.trackflow();
    document.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    window.fetch = () => { throw new Error("blocked"); };
    const blocked = await new Promise((callback) => window.trackflow("Blocked", { callback }));
    delete window.fetch;
    history.pushState({}, "", "#x");
    return [failed instanceof TypeError, blocked.message];
  });
  assert.deepEqual(answers, [true, "blocked"]);
  await site.received("Odd");
  await sleep(QUIET_MS);
  return site;
});

story("storage_that_throws_does_not_stop_counting", async (open) => {
  const site = await open({
    init: () => Object.defineProperty(window, "localStorage", { get: () => { throw new DOMException("denied", "SecurityError"); } }),
  });
  assert.equal(site.beacons().length, 1);
  return site;
});

story("two_tags_on_one_page_count_once", async (open) => {
  const site = await open({ body: `<script defer src="http://stats.test:${port}/js/script.js" data-domain="theme"></script>` });
  await sleep(QUIET_MS);
  assert.equal(site.beacons().length, 1);
  return site;
});

// The browser's first context, whose tabs cover each other like a person's.
test("hiding_the_tab_reports_engaged_time_and_depth", async () => {
  const [context] = browser.contexts();
  const site = await visit(context, { body: TALL });
  await site.page.evaluate(() => window.scrollTo(0, 600)); // and a screen of it below
  await sleep(1_000);
  const other = await context.newPage();
  await other.bringToFront();
  const { at, path, host, headers, ...wire } = await site.received("engagement");
  assert.equal(await site.page.evaluate(() => document.visibilityState), "hidden");
  assert.deepEqual(Object.keys(wire).sort(), ["d", "e", "n", "sd", "u"]);
  assert.equal(wire.u, site.url);
  assert.ok(wire.e >= 900 && wire.e < 2_500, `${wire.e} ms`);
  const depth = await site.page.evaluate(() => (600 + innerHeight) / document.documentElement.scrollHeight * 100);
  assert.equal(wire.sd, Math.round(depth));

  await sleep(3_200); // hidden time is no engaged time
  await site.page.bringToFront();
  await other.bringToFront();
  await sleep(QUIET_MS);
  assert.equal(site.named("engagement").length, 1, "neither 3 s of attention nor a deeper scroll");

  await site.page.bringToFront();
  await site.page.evaluate(() => window.scrollTo(0, 1e6));
  await sleep(300);
  await other.bringToFront();
  const deeper = await site.received("engagement", 2);
  assert.equal(deeper.sd, 100);
  assert.ok(deeper.e < 2_000, `${deeper.e} ms since the last message`);
  assert.deepEqual(site.errors, []);
  await site.page.close();
  await other.close();
});

story("losing_the_focus_pauses_and_reports_after_three_seconds", async (open) => {
  const site = await open({
    body: TALL,
    init: () => {
      let focused = true;
      document.hasFocus = () => focused;
      window.focusNow = (value) => {
        focused = value;
        window.dispatchEvent(new Event(value ? "focus" : "blur"));
      };
    },
  });
  await site.page.evaluate(() => window.focusNow(false));
  assert.ok((await site.received("engagement")).e < 2_000, "the first depth is always reported");
  await site.page.evaluate(() => window.focusNow(true));
  await sleep(1_700);
  await site.page.evaluate(() => window.focusNow(false));
  await sleep(1_000);
  assert.equal(site.named("engagement").length, 1, "1.7 s are kept for later");
  await site.page.evaluate(() => window.focusNow(true));
  await sleep(1_500);
  await site.page.evaluate(() => window.focusNow(false));
  const { e } = await site.received("engagement", 2);
  assert.ok(e >= 3_100 && e < 4_100, `${e} ms: both stretches, without the pause`);
  return site;
});

story("leaving_the_page_reports_a_second_and_more", async (open) => {
  const site = await open({ body: TALL });
  await sleep(1_100);
  await site.page.goto("about:blank");
  const last = await site.received("engagement");
  assert.ok(last.e >= 1_000 && last.e < 3_000, `${last.e} ms`);
  assert.equal(last.sd, 25);
  assert.equal(last.u, site.url);
  await sleep(QUIET_MS);
  assert.equal(site.named("engagement").length, 1, "pagehide and visibilitychange are one leaving");
});

story("navigation_in_a_single_page_app_reports_the_page_that_was_left", async (open) => {
  const site = await open({ body: TALL });
  await site.page.evaluate(() => window.scrollTo(0, 1e6));
  await sleep(400);
  await site.page.evaluate((base) => {
    history.pushState({}, "", `${base}/short`);
    document.body.innerHTML = '<div style="height:6000px"></div>';
    window.scrollTo(0, 0);
  }, site.url);
  const left = await site.received("engagement");
  assert.equal(left.u, site.url);
  assert.equal(left.sd, 100);
  assert.ok(left.e >= 400 && left.e < 2_000, `${left.e} ms`);
  await site.received("pageview", 2);
  const order = site.beacons().map((beacon) => beacon.n);
  assert.equal(order.length, 3);

  await sleep(200);
  await site.page.evaluate((base) => history.pushState({}, "", `${base}/last`), site.url);
  const second = await site.received("engagement", 2);
  assert.equal(second.u, `${site.url}/short`);
  assert.equal(second.sd, 10, "the depth starts anew with each page");
  assert.ok(second.e < 1_500, `${second.e} ms, the clock too`);
  return site;
});

const LINKS = `
  <a id="out" href="http://elsewhere.test/path?q=1">out</a>
  <a id="in" href="/inside">in</a>
  <a id="file" href="/files/Report.PDF?signature=secret"><b>file</b></a>
  <a id="mail" href="mailto:a@example.com">mail</a>
  <script>
    // Like a router: nothing really navigates, and the event goes no further.
    for (const link of document.querySelectorAll("a"))
      for (const type of ["click", "auxclick"])
        link.addEventListener(type, (event) => { event.preventDefault(); event.stopPropagation(); });
  </script>`;

story("outbound_links_are_reported_with_data_outbound", async (open) => {
  const site = await open({ attributes: "data-outbound", body: LINKS });
  for (const id of ["in", "mail", "file"]) await site.page.click(`#${id}`);
  await site.page.click("#out", { button: "right" });
  await sleep(QUIET_MS);
  assert.equal(site.beacons().length, 1);
  await site.page.click("#out");
  assert.deepEqual((await site.received("Outbound Link: Click")).p, { url: "http://elsewhere.test/path?q=1" });
  await site.page.click("#out", { button: "middle" });
  await site.received("Outbound Link: Click", 2);
  return site;
});

story("downloads_are_reported_with_data_downloads_without_their_query", async (open) => {
  const site = await open({ attributes: "data-downloads", body: LINKS });
  for (const id of ["in", "mail", "out"]) await site.page.click(`#${id}`);
  await site.page.click("#file b");
  const download = await site.received("File Download");
  assert.deepEqual(download.p, { url: `http://site.test:${port}/files/Report.PDF` });
  assert.equal(site.beacons().length, 2);
  return site;
});

story("an_outbound_click_survives_the_navigation_it_starts", async (open) => {
  pages.set("/landing", "landed");
  const site = await open({ attributes: "data-outbound", body: '<a href="http://elsewhere.test:PORT/landing">out</a>'.replace("PORT", port) });
  await site.page.click("a");
  await site.received("Outbound Link: Click");
  await site.received("engagement");
});

story("links_are_not_watched_unless_asked", async (open) => {
  const site = await open({ body: LINKS });
  for (const id of ["out", "file"]) await site.page.click(`#${id}`);
  await sleep(QUIET_MS);
  assert.equal(site.beacons().length, 1);
  return site;
});

story("own_visits_are_left_out_by_the_local_flag", async (open) => {
  const site = await open({ wait: false, init: () => localStorage.setItem("trackflow_ignore", "true") });
  const answer = await site.page.evaluate(() => new Promise((resolve) => {
    window.trackflow("Signup", { callback: (value) => resolve(String(value)) });
  }));
  assert.equal(answer, "undefined", "a form that waits for the callback is not stuck");
  await site.page.goto(`${site.url}/next`);
  await sleep(QUIET_MS);
  assert.deepEqual(site.beacons(), []);
  return site;
});

for (const host of ["localhost", "127.0.0.1", "app.localhost"]) {
  story(`${host}_counts_only_with_data_local`, async (open) => {
    const silent = await open({ host, wait: false });
    await silent.page.evaluate(() => window.trackflow("Signup"));
    await sleep(QUIET_MS);
    assert.deepEqual(silent.beacons(), []);
    const counted = await open({ host, attributes: "data-local" });
    assert.equal(counted.beacons().length, 1);
    return counted;
  });
}

story("hosts_that_only_look_local_count", async (open) => {
  const site = await open({ host: "localhost.example" });
  assert.equal(site.beacons().length, 1);
  return site;
});

for (const [signal, init] of [
  ["do_not_track", () => Object.defineProperty(navigator, "doNotTrack", { get: () => "1" })],
  ["global_privacy_control", () => Object.defineProperty(navigator, "globalPrivacyControl", { get: () => true })],
]) {
  story(`${signal}_is_honoured`, async (open) => {
    const silent = await open({ init, wait: false });
    await silent.page.evaluate(() => window.trackflow("Signup"));
    await silent.page.goto("about:blank");
    await sleep(QUIET_MS);
    assert.deepEqual(silent.beacons(), []);
    return silent;
  });
}

story("data_api_is_a_path_on_the_script_host_or_a_full_url", async (open) => {
  const byPath = await open({ attributes: 'data-api="/e"' });
  assert.deepEqual([byPath.beacons()[0].host, byPath.beacons()[0].path], [`stats.test:${port}`, "/e"]);
  const byUrl = await open({ attributes: `data-api="http://proxy.test:${port}/in/here"` });
  assert.deepEqual([byUrl.beacons()[0].host, byUrl.beacons()[0].path], [`proxy.test:${port}`, "/in/here"]);
  return byUrl;
});

story("script_added_by_another_script_counts", async (open) => {
  const site = await open({
    wait: false,
    attributes: 'type="text/plain"', // switches the tag off, so that only the added one runs
    body: `<script>
      const tag = document.createElement("script");
      tag.src = document.querySelector("script[data-domain]").src;
      tag.dataset.domain = document.querySelector("script[data-domain]").dataset.domain;
      document.body.append(tag);
    </script>`,
  });
  await site.received("pageview");
  await sleep(QUIET_MS);
  assert.equal(site.beacons().length, 1);
  return site;
});

story("nothing_is_stored_on_the_device", async (open, context) => {
  const site = await open({
    attributes: "data-outbound data-downloads",
    init: () => {
      window.writes = [];
      for (const method of ["setItem", "removeItem", "clear"]) {
        Storage.prototype[method] = () => window.writes.push(method);
      }
      const cookie = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
      Object.defineProperty(document, "cookie", {
        get: () => cookie.get.call(document),
        set: (value) => window.writes.push(`cookie ${value}`),
      });
      indexedDB.open = () => window.writes.push("indexedDB");
    },
  });
  await site.page.evaluate((base) => {
    window.trackflow("Signup");
    history.pushState({}, "", `${base}/a`);
  }, site.url);
  await site.received("pageview", 2);
  assert.deepEqual(await site.page.evaluate(() => [window.writes, localStorage.length, sessionStorage.length]), [[], 0, 0]);
  assert.deepEqual(await context.cookies(), [], "the answer's cookie was refused, because the request had no credentials");
  await site.page.goto(`${site.url}/next`);
  const later = await site.received("pageview", 3);
  assert.deepEqual([later.headers.cookie, later.headers["if-none-match"]], [undefined, undefined]);
  return site;
});

// What fingerprints are made of. The opt-outs (doNotTrack, globalPrivacyControl) and webdriver, by which tests are left out, may be read.
story("nothing_that_tells_browsers_apart_is_read", async (open) => {
  const site = await open({
    attributes: "data-outbound data-downloads",
    init: () => {
      window.reads = [];
      const watch = (object, ...names) => {
        for (const name of names) {
          const found = object && Object.getOwnPropertyDescriptor(object, name);
          if (!found) continue;
          const note = () => window.reads.push(name);
          if (found.get) Object.defineProperty(object, name, { ...found, get() { note(); return found.get.call(this); } });
          else if (typeof found.value === "function") {
            object[name] = new Proxy(found.value, {
              apply: (target, self, args) => { note(); return Reflect.apply(target, self, args); },
              construct: (target, args) => { note(); return Reflect.construct(target, args); },
            });
          }
        }
      };
      watch(Navigator.prototype, "userAgent", "userAgentData", "appVersion", "platform", "vendor", "language", "languages", "plugins",
        "mimeTypes", "hardwareConcurrency", "deviceMemory", "maxTouchPoints", "connection", "geolocation", "mediaDevices", "cookieEnabled");
      watch(Screen.prototype, "width", "height", "availWidth", "availHeight", "colorDepth", "pixelDepth", "orientation");
      watch(HTMLCanvasElement.prototype, "getContext", "toDataURL", "toBlob");
      watch(OffscreenCanvas.prototype, "getContext");
      watch(Document.prototype, "fonts");
      watch(window, "devicePixelRatio", "AudioContext", "OfflineAudioContext", "RTCPeerConnection", "matchMedia", "getComputedStyle");
      watch(Intl.DateTimeFormat.prototype, "resolvedOptions");
      watch(Date.prototype, "getTimezoneOffset");
    },
  });
  await site.page.evaluate((base) => {
    window.trackflow("Signup", { props: { plan: "pro" } });
    history.pushState({}, "", `${base}/a`);
  }, site.url);
  await site.received("pageview", 2);
  assert.deepEqual(await site.page.evaluate(() => window.reads), []);
  // The trap works.
  assert.deepEqual(await site.page.evaluate(() => [navigator.languages.length > 0, window.reads]), [true, ["languages"]]);
  return site;
});
