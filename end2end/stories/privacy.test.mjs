// The page that proves what is stored: keys, tables, and a test visit whose rows are read back.
import assert from "node:assert/strict";
import { USER_AGENT } from "../support/browser.mjs";
import { SEEDED, useTrackFlow } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED], viewer: true });
const PATH = "/sites/shop.test/privacy";

const cell = (page, table, column) => page.locator(`h3:has-text("Row of ${table}") + table`)
  .getByRole("row").filter({ has: page.getByText(column, { exact: true }) }).getByRole("cell");

for (const javaScriptEnabled of [true, false]) {
  trackflow.story(`test_visit_shows_its_rows_and_is_gone_when_deleted, script ${javaScriptEnabled}`, { javaScriptEnabled }, async ({ page, at }) => {
    await page.goto(at("/sites/shop.test/settings"));
    await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Privacy" }).click();
    await page.getByRole("heading", { name: "What is kept" }).waitFor();
    await page.getByText(/rows since \d+ \w+ \d{4}/).first().waitFor();

    await page.getByRole("button", { name: "Send a test visit" }).click();
    await page.waitForURL(/sent=1/);
    assert.match(await cell(page, "event", "page").innerText(), /^\d+\s*\/trackflow-test-visit$/);
    assert.match(await cell(page, "event", "name").innerText(), /pageview$/);
    assert.match(await cell(page, "visit", "referrer").innerText(), /search\.example\/results$/);
    assert.match(await cell(page, "visit", "utm_source").innerText(), /privacy-page$/);
    assert.match(await cell(page, "visit", "browser").innerText(), /Chrome$/);
    assert.match(await cell(page, "event", "visitor_id").innerText(), /^-?\d+$/);
    await page.getByText("127.0.0.1", { exact: true }).waitFor();
    await page.getByText(USER_AGENT, { exact: true }).waitFor();
    const verdicts = await page.locator(".verdict").allInnerTexts();
    assert.ok(verdicts.length >= 6, `${verdicts.length} things were looked for`);
    assert.deepEqual([...new Set(verdicts)], ["Not in the rows"]);
    assert.match(await page.locator("#look").innerText(), /^(sqlite3 -readonly|psql) /);
    // The visit has made today's key, if it was the first event of the day.
    await page.getByRole("rowheader", { name: "Today’s key was made" }).waitFor();

    await page.goto(at("/sites/shop.test?period=today&filter=page:is:/trackflow-test-visit"));
    await page.getByRole("heading", { name: "No visit matches these filters" }).waitFor();

    await page.goto(at(PATH));
    await page.getByRole("button", { name: "Delete it now" }).click();
    await page.waitForURL(/deleted=1/);
    await page.getByText("The database holds nothing of the test visit any more.").waitFor();
    assert.equal(await page.getByText("/trackflow-test-visit").count(), 0);
    await page.getByRole("button", { name: "Send a test visit" }).waitFor();
  });
}

trackflow.story("a_browser_that_opts_out_leaves_no_row_and_is_told_so", { extraHTTPHeaders: { "Sec-GPC": "1" } }, async ({ page, at }) => {
  await page.goto(at(PATH));
  await page.getByRole("button", { name: "Send a test visit" }).click();
  await page.waitForURL(/refused=opted_out/);
  await page.getByText("Refused, so nothing was stored").waitFor();
  await page.getByText(/asks not to be counted/).waitFor();
  assert.equal(await page.getByRole("heading", { name: "Row of event" }).count(), 0);
});

trackflow.story("read_only_account_sees_what_is_kept_but_sends_nothing", { as: "viewer" }, async ({ page, origin, at }) => {
  await page.goto(at(PATH));
  await page.getByRole("heading", { name: "The key of the day" }).waitFor();
  await page.getByText("This account can look but not change anything.").waitFor();
  assert.equal(await page.getByRole("button", { name: /test visit/ }).count(), 0);
  for (const action of ["send_test_visit", "delete_test_visit"]) {
    const answer = await page.request.post(at(`/api/app/${action}`), { form: { domain: "shop.test" }, headers: { Origin: origin }, maxRedirects: 0 });
    assert.match(answer.headers().location, /error=read_only/, action);
  }
});
