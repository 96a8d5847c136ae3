// Somebody makes a key, asks with it what the dashboard shows, stores a table as a file, and revokes the key.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { SEEDED, cards, rows, useTrackFlow } from "../support/stories.mjs";

const world = useTrackFlow({ sites: [SEEDED], viewer: true });

async function ask(origin, key, question) {
  const answer = await fetch(`${origin}/api/v2/query`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify({ site_id: SEEDED.domain, ...question }),
  });
  return { status: answer.status, body: await answer.json() };
}

async function makeKey(page, at) {
  await page.goto(at("/sites"));
  await page.getByLabel("Account and theme").click();
  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByLabel("Name").fill("Weekly report");
  await page.getByRole("button", { name: "Make key" }).click();
  return page.locator("#token").innerText();
}

world.story("a key opens the figures that the dashboard shows until it is revoked", async ({ page, at, origin }) => {
  const key = await makeKey(page, at);
  assert.match(key, /^tf_[0-9a-f]{64}$/);
  await page.reload();
  await page.getByText("The key was shown already").waitFor();
  assert.equal(await page.getByText(key).count(), 0);

  const question = { metrics: ["visitors", "pageviews"], date_range: ["2026-01-01", "2030-12-31"] };
  await page.goto(at(`/sites/${SEEDED.domain}?period=custom&from=2026-01-01&to=2030-12-31`));
  const shown = await cards(page);
  const number = (text) => Number(text.replaceAll(",", ""));
  const { status, body } = await ask(origin, key, question);
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.results[0].metrics, [number(shown.Visitors), number(shown.Pageviews)]);
  assert.ok(body.results[0].metrics[0] > 0);

  await page.goto(at("/settings/api-keys"));
  await page.getByText("last used").waitFor();
  await page.getByRole("button", { name: "Revoke Weekly report" }).click();
  await page.getByText("There is no key yet.").waitFor();
  assert.equal((await ask(origin, key, question)).status, 401);
});

world.story("a table is stored as a file with the rows that are seen", { as: "viewer", acceptDownloads: true }, async ({ page, at }) => {
  await page.goto(at(`/sites/${SEEDED.domain}/source?period=30d`));
  const shown = await rows(page.getByRole("table"));
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export as CSV" }).click();
  const file = await download;
  assert.match(file.suggestedFilename(), /^shop\.test-source-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/);
  const [head, ...lines] = (await readFile(await file.path(), "utf8")).trimEnd().split("\r\n");
  assert.equal(head, '"source","visitors","visits","pageviews","bounce_rate","visit_duration"');
  const stored = Object.fromEntries(lines.map((line) => line.split(",")).map(([name, visitors]) => [JSON.parse(name), visitors]));
  for (const [name, [visitors]] of Object.entries(shown)) {
    assert.equal(stored[name], visitors.replaceAll(",", ""), name);
  }
});

world.story("the description is complete without a script", { as: "nobody", javaScriptEnabled: false }, async ({ page, at }) => {
  await page.goto(at("/docs/api"));
  await page.getByRole("heading", { name: "POST /api/v2/query" }).waitFor();
  await page.getByRole("link", { name: "QueryRequest" }).first().click();
  assert.equal(new URL(page.url()).hash, "#type-QueryRequest");
  await page.getByRole("heading", { name: "QueryRequest" }).waitFor();
});
