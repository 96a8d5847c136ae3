// Rules of a site: an owner decides what counts, and the next beacons feel it.
import assert from "node:assert/strict";
import { USER_AGENT } from "../support/browser.mjs";
import { SILENT, useTrackFlow } from "../support/stories.mjs";

// The test's browser stands for a proxy, so that owner and visitors can have addresses.
const trackflow = useTrackFlow({ sites: [SILENT], viewer: true, settings: { TRACKFLOW_TRUSTED_PROXIES: "loopback" } });

const RULES = "/sites/silent.test/rules";
// The page says two seconds; a busy machine may take longer to be asked.
const EFFECT_MS = 15_000;

const section = (page, name) => page.getByRole("region", { name, exact: true });
const values = (region) => region.getByRole("listitem").locator(".rule-value").allInnerTexts();
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute("aria-label") || document.activeElement.innerText?.trim());

// Why a beacon of a visitor is refused: a reason, or "" if it is stored.
async function refusal(page, path, address = "198.51.100.7") {
  const answer = await page.request.post(new URL("/api/event", page.url()).href, {
    data: JSON.stringify({ n: "pageview", u: `https://silent.test${path}`, d: "silent.test" }),
    headers: { "Content-Type": "text/plain", "User-Agent": USER_AGENT, "X-Forwarded-For": address },
  });
  const status = answer.status();
  assert.ok(status === 202 || status === 429, `${status}`);
  return answer.headers()["x-trackflow-dropped"] ?? "";
}

async function becomes(reason, ask) {
  const until = Date.now() + EFFECT_MS;
  let found = await ask();
  while (found !== reason && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    found = await ask();
  }
  assert.equal(found, reason);
}

trackflow.story("blocked_page_is_refused_until_the_rule_is_removed", async ({ page, at }) => {
  await page.goto(at("/sites/silent.test/settings"));
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Rules" }).click();
  await page.waitForURL(at(RULES));
  assert.equal(await refusal(page, "/admin/users"), "");

  const pages = section(page, "Blocked pages");
  await pages.getByText("Every page is counted.").waitFor();
  await pages.getByLabel("Page").fill("/admin/*");
  await pages.getByRole("button", { name: "Block page" }).click();
  await pages.getByText("The rule is in effect within 2 seconds.").waitFor();
  assert.deepEqual(await values(pages), ["/admin/*"]);
  await becomes("blocked_page", () => refusal(page, "/admin/users"));
  assert.equal(await refusal(page, "/admin"), "");

  await pages.getByRole("button", { name: "Remove /admin/*" }).click();
  await pages.getByText("The rule was removed").waitFor();
  await pages.getByText("Every page is counted.").waitFor();
  await becomes("", () => refusal(page, "/admin/users"));
});

trackflow.story("rules_are_kept_without_script", { javaScriptEnabled: false }, async ({ page, at }) => {
  await page.goto(at(RULES));
  const addresses = section(page, "Blocked addresses");
  const field = addresses.getByLabel("Address or network");
  const block = addresses.getByRole("button", { name: "Block address" });
  await field.fill("203.0.113.0/40");
  await block.click();
  await addresses.getByText("This must have a number up to 32 behind the slash.").waitFor();
  assert.equal(await field.inputValue(), "203.0.113.0/40", "what was typed is kept");
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.equal(new URL(page.url()).hash, "#blocked_address", "the browser shows the section again");
  for (const typed of ["203.0.113.9/24", "2001:DB8::/48"]) {
    await field.fill(typed);
    await block.click();
    await addresses.getByText("The rule is in effect").waitFor();
  }
  assert.deepEqual(await values(addresses), ["2001:db8::/48", "203.0.113.0/24"]);
  await field.fill("203.0.113.0/24");
  await block.click();
  await addresses.getByText("This is on the list already.").waitFor();

  const countries = section(page, "Blocked countries");
  await countries.getByText("There is no country database").waitFor();
  await countries.getByLabel("Country").selectOption("Iceland");
  await countries.getByRole("button", { name: "Block country" }).click();
  assert.deepEqual(await values(countries), ["Iceland (IS)"]);
  assert.equal(await countries.getByRole("option", { name: "Iceland" }).count(), 0);

  const hosts = section(page, "Allowed hosts");
  await hosts.getByLabel("Host").fill("https://www.Shop.silent.test/");
  await hosts.getByRole("button", { name: "Allow host" }).click();
  assert.deepEqual(await values(hosts), ["shop.silent.test"]);
  await hosts.getByText("silent.test is not on the list").waitFor();
  await becomes("host_not_allowed", () => refusal(page, "/"));
  await hosts.getByRole("button", { name: "Remove shop.silent.test" }).click();

  const limit = section(page, "Rate limit");
  for (const rate of ["7", "1"]) {
    await limit.getByRole("textbox", { name: "Events a second" }).fill(rate);
    await limit.getByRole("button", { name: "Set limit" }).click();
    assert.deepEqual(await values(limit), [`${rate} events a second`], "a new limit replaces the old one");
  }
  await becomes("site_rate_limited", () => refusal(page, "/"));
  await limit.getByRole("button", { name: "Remove 1 events a second" }).click();
  for (const [region, name] of [[addresses, "2001:db8::/48"], [addresses, "203.0.113.0/24"], [countries, "Iceland (IS)"]]) {
    await region.getByRole("button", { name: `Remove ${name}` }).click();
    assert.ok(!(await values(region)).includes(name));
  }
  await becomes("", () => refusal(page, "/"));
});

trackflow.story("rules_are_kept_by_keyboard", async ({ page, at }) => {
  await page.goto(at(RULES));
  const pages = section(page, "Blocked pages");
  await pages.getByLabel("Page").focus();
  await page.keyboard.type("/preview*");
  await page.keyboard.press("Enter");
  await pages.getByText("The rule is in effect").waitFor();
  // The section is where the reader goes on, its first stop is the new rule.
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Remove /preview*");
  await page.keyboard.press("Enter");
  await pages.getByText("The rule was removed").waitFor();
});

trackflow.story(
  "own_network_is_offered_and_blocked",
  { extraHTTPHeaders: { "X-Forwarded-For": "203.0.113.77" } },
  async ({ page, at }) => {
    await page.goto(at(RULES));
    const addresses = section(page, "Blocked addresses");
    await addresses.getByText("Your network is 203.0.113.0/24 now.").waitFor();
    assert.ok(!(await page.content()).includes("203.0.113.77"), "the address itself is not on the page");
    await addresses.getByRole("button", { name: "Block my network" }).click();
    await addresses.getByText("your visits are left out").waitFor();
    assert.deepEqual(await values(addresses), ["203.0.113.0/24"]);
    await becomes("blocked_address", () => refusal(page, "/", "203.0.113.5"));
    assert.equal(await refusal(page, "/", "203.0.114.5"), "");
    await addresses.getByRole("button", { name: "Remove 203.0.113.0/24" }).click();
    await addresses.getByRole("button", { name: "Block my network" }).waitFor();
  },
);

trackflow.story("read_only_account_sees_rules_and_no_form", { as: "viewer", expected: [] }, async ({ page, origin, at }) => {
  await trackflow.run(["site", "rule", "add", "silent.test", "blocked_page", "/kept"]);
  await page.goto(at(RULES));
  assert.deepEqual(await values(section(page, "Blocked pages")), ["/kept"]);
  for (const role of ["textbox", "combobox"]) assert.equal(await page.getByRole("main").getByRole(role).count(), 0);
  assert.equal(await page.getByRole("main").getByRole("button").count(), 0);
  const form = { domain: "silent.test", kind: "blocked_page", value: "/kept" };
  for (const action of ["add_rule", "remove_rule"]) {
    const answer = await page.request.post(at(`/api/app/${action}`), { form, headers: { Origin: origin }, maxRedirects: 0 });
    assert.equal(answer.status(), 303, action);
    assert.match(answer.headers().location, /error=read_only/, action);
  }
  assert.equal(await trackflow.run(["site", "rule", "list", "silent.test"]), "blocked_page\t/kept\n");
});
