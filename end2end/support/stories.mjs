// What the test files are made of: a program with some traffic, a browser, and stories told in pages that may not have had
// a single error.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser, USER_AGENT } from "./browser.mjs";
import { startProgram } from "./program.mjs";
import { startSite } from "./sites.mjs";

export const ADMIN = { email: "ada@trackflow.test", password: "a long sentence of the admin" };
export const VIEWER = { email: "vera@trackflow.test", password: "a long sentence of the viewer" };

// The site that most stories look at: the same numbers are the same traffic, ending now.
export const SEEDED = { domain: "shop.test", name: "Shop", days: 60, events: 4000, seed: 7 };
// A site that was added and never visited.
export const SILENT = { domain: "silent.test", name: "Silent" };

// Adds sites and, where `events` is given, their traffic.
export function fillWith(...sites) {
  return async (run) => {
    for (const { domain, name = domain, timeZone = "UTC", days = 30, events = 0, seed = 1 } of sites) {
      await run(["site", "add", domain, "--name", name, "--time-zone", timeZone]);
      if (events) await run(["seed", "--site", domain, "--days", String(days), "--events", String(events), "--seed", String(seed)]);
    }
  };
}

// Starts a program and a browser for the tests of a file. `sites` are there before the program is; with `admin: false` it
// is as new; `viewer` adds the account that only reads; `settings` are the program's, as environment variables.
export function useTrackFlow({ sites = [], admin = true, viewer = false, flags = [], settings = {} } = {}) {
  const world = { origin: "", browser: undefined, sessions: {} };
  const ends = [];
  before(async () => {
    const program = await startProgram({ prepare: fillWith(...sites), settings });
    ends.push(program.stop);
    const { browser, stop } = await startBrowser(`--user-agent=${USER_AGENT}`, ...flags);
    ends.push(stop);
    Object.assign(world, { origin: program.origin, browser, run: program.run });
    if (admin) {
      const page = await (await browser.newContext()).newPage();
      await setUp(page, world.origin);
      world.sessions.admin = await page.context().cookies();
      await page.context().close();
      if (viewer) {
        await program.run(["user", "add", VIEWER.email, "--role", "viewer"], VIEWER.password);
        const page = await (await browser.newContext()).newPage();
        await logIn(page, world.origin, VIEWER);
        world.sessions.viewer = await page.context().cookies();
        await page.context().close();
      }
    }
  });
  after(async () => {
    const outcomes = await Promise.allSettled(ends.map((end) => end()));
    for (const { reason } of outcomes) if (reason) throw reason;
  });

  world.site = async (pages) => {
    const site = await startSite(pages);
    ends.push(site.stop);
    return site;
  };

  // A context, signed in as "admin", "viewer" or nobody, whose pages are watched.
  world.open = async ({ as = "admin", expected = [], ...options } = {}) => {
    const context = await world.browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", ...options });
    if (as !== "nobody") await context.addCookies(world.sessions[as]);
    return { context, complaints: await watch(context, world.origin, expected) };
  };

  // A test in a context of its own. `expected` are console errors that belong to the story, such as a refused request.
  world.story = (name, options, tell) => {
    if (!tell) [options, tell] = [{}, options];
    const { timeout = 30_000, ...rest } = options;
    test(name, { timeout }, async (t) => {
      const { context, complaints } = await world.open(rest);
      context.setDefaultTimeout(8_000);
      try {
        const page = await context.newPage();
        await tell({ page, context, origin: world.origin, at: (path) => world.origin + path, t });
        assert.deepEqual(complaints.all(), [], "the pages had errors");
      } finally {
        await context.close();
      }
    });
  };
  return world;
}

// Collects what a reader of the page never sees: errors on the console, exceptions, breaches of the policy, and requests to
// other servers by the dashboard's pages. Expected errors must come.
async function watch(context, origin, expected) {
  const found = [];
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.violatedDirective} of ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  context.on("console", (message) => {
    if (message.type() === "error") found.push(`${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => found.push(String(error.error())));
  context.on("request", (request) => {
    // A tab that is just opened has no frame yet.
    const isOurs = !request.isNavigationRequest() && request.frame()?.url().startsWith(origin);
    if (isOurs && !/^(data:|blob:)/.test(request.url()) && !request.url().startsWith(`${origin}/`)) {
      found.push(`a page of TrackFlow asked for ${request.url()}`);
    }
  });
  return {
    all: () => {
      const missing = expected.filter((pattern) => !found.some((words) => pattern.test(words)));
      const surprising = found.filter((words) => !expected.some((pattern) => pattern.test(words)));
      return [...surprising, ...missing.map((pattern) => `${pattern} was expected`)];
    },
  };
}

// Creates the first account through its page, as every installation begins. Ends on the form for the first site.
export async function setUp(page, origin, { email, password } = ADMIN) {
  await page.goto(origin);
  assert.equal(new URL(page.url()).pathname, "/setup");
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("Password again").fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Add site" }).waitFor();
}

export async function logIn(page, origin, { email, password } = ADMIN) {
  if (!page.url().includes("/login")) await page.goto(`${origin}/login`);
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => url.pathname !== "/login");
}

// The figures of the cards as a reader with a screen reader hears them: { Visitors: "1", … }.
export async function cards(page) {
  const links = await page.getByRole("navigation", { name: "Metrics" }).getByRole("link").all();
  const read = links.map(async (link) => [
    await link.locator(".card-label").innerText(),
    await figure(link.locator(".card-figure")),
  ]);
  return Object.fromEntries(await Promise.all(read));
}

// The rows of a panel's or page's table: { "/pricing": ["1", …] }.
export async function rows(table) {
  const found = {};
  for (const row of await table.locator("tbody tr").all()) {
    const name = (await row.getByRole("rowheader").locator("a > span").last().innerText()).trim();
    found[name] = await Promise.all((await row.getByRole("cell").all()).map(figure));
  }
  return found;
}

// The panel with a heading of that name.
export const panel = (page, name) => page.getByRole("region", { name, exact: true });

async function figure(locator) {
  return locator.evaluate((element) => {
    const value = element.querySelector("b") || element; // beside it stands the share
    return (value.querySelector("[title]")?.title || value.textContent).trim();
  });
}
