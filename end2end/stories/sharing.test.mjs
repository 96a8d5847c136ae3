// Shared dashboards: public ones and those by a secret link, read by somebody without an account, who finds no way further,
// until they are private again.
import assert from "node:assert/strict";
import { check } from "../support/accessible.mjs";
import { cards, panel, rows, SEEDED, SILENT, useTrackFlow } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED, SILENT], flags: ["--hide-scrollbars"] });

const SITE = `/sites/${SEEDED.domain}`;
const PASSWORD = "a sentence for the agency";
const ONLY_DESKS = "?filter=device:is:Desktop";
const NOT_DESKS = "?filter=device:is_not:Desktop";

trackflow.story("a_dashboard_is_made_public_read_by_anybody_and_made_private_again", { timeout: 60_000 }, async ({ page, at }) => {
  await page.goto(at(`${SITE}/settings`));
  await page.getByRole("link", { name: "Sharing" }).click();
  await page.getByRole("button", { name: "Make public" }).click();
  await page.getByText("The dashboard is public").waitFor();

  const { context, complaints } = await trackflow.open({ as: "nobody" });
  const guest = await context.newPage();
  await guest.goto(at(SITE));
  await guest.getByRole("region", { name: "Pages", exact: true }).locator("tbody tr").first().waitFor();
  for (const name of [/settings/i, /add site/i, /funnels/i, /segment/i]) {
    assert.equal(await guest.getByRole("link", { name }).count(), 0, `a guest is offered ${name}`);
  }
  await guest.keyboard.press("Control+k");
  await guest.getByRole("combobox", { name: "Search commands" }).fill("settings");
  assert.equal(await guest.getByRole("option", { name: /settings/i }).count(), 0);
  await guest.keyboard.press("Escape");
  await guest.goto(at(`${SITE}/page`));
  await guest.getByRole("heading", { name: "Pages", exact: true }).waitFor();
  await guest.goto(at(`/sites/${SILENT.domain}`));
  await guest.waitForURL(/\/login\?next=/);
  assert.deepEqual(await context.cookies(), [], "nothing is stored on the reader's device");
  assert.deepEqual(complaints.all(), []);

  await page.getByRole("button", { name: "Make private" }).click();
  await page.getByText("The dashboard is private").waitFor();
  await guest.goto(at(SITE));
  await guest.waitForURL(/\/login\?next=/);
  await context.close();
});

// The same with and without scripts; axe needs them.
for (const javaScriptEnabled of [true, false]) {
  const name = `a_secret_link_is_made_read_by_its_password_and_revoked${javaScriptEnabled ? "" : "_without_script"}`;
  trackflow.story(name, { javaScriptEnabled, timeout: 240_000 }, async ({ page, at }) => {
    const accessible = javaScriptEnabled ? check : async () => {};
    const agency = javaScriptEnabled ? "Agency" : "Press";
    const desks = `Desks of ${agency}`;
    await trackflow.run(["site", "segment", "add", SEEDED.domain, desks, "--filter", "device:is:Desktop"]);
    await page.goto(at(SITE + ONLY_DESKS));
    const expected = await cards(page);
    await page.goto(at(`${SITE}/settings/sharing`));
    await page.getByLabel("Name").fill(agency);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByLabel("Shows").selectOption(`Only ${desks}`);
    await page.getByLabel("Ends").selectOption("After 90 days");
    await page.getByRole("button", { name: "Make link" }).click();
    const link = (await page.locator("#address").innerText()).trim();
    assert.match(link, /\/share\/[0-9a-f]{64}$/);
    await page.getByRole("listitem").filter({ hasText: agency }).getByText("Shows Device is Desktop · with a password").waitFor();
    await accessible(page);
    await page.reload();
    assert.equal(await page.getByText(link).count(), 0, "the address is shown once");

    const { context, complaints } = await trackflow.open({ as: "nobody", javaScriptEnabled, expected: [/status of 404/] });
    const guest = await context.newPage();
    await guest.goto(link);
    await accessible(guest);
    await guest.getByLabel("Password").fill("a wrong password");
    await guest.getByRole("button", { name: "Open" }).click();
    await guest.getByText("This is not the password of this link.").waitFor();
    await accessible(guest);
    await guest.getByLabel("Password").fill(PASSWORD);
    await guest.getByRole("button", { name: "Open" }).click();
    await guest.getByText("These figures are of a part of the visits: Device is Desktop.").waitFor();
    assert.deepEqual(await cards(guest), expected);
    await accessible(guest);

    // Its filters hold whatever the address says, and are no chips to take off.
    assert.equal(await guest.getByRole("link", { name: /^Remove filter/ }).count(), 0);
    await guest.goto(link + NOT_DESKS);
    await guest.getByText("Device is Desktop.").waitFor();
    assert.equal(await panel(guest, "Pages").locator("tbody tr").count(), 0, "none that the link does not show");
    await guest.goto(`${link}?period=7d&devices=device`);
    await panel(guest, "Devices").getByRole("link", { name: /^Details of/ }).click();
    await guest.waitForURL(`${link}/device?period=7d&devices=device`);
    assert.deepEqual(Object.keys(await rows(guest.getByRole("main"))), ["Desktop"]);
    await accessible(guest);
    for (const name of [/settings/i, /add site/i, /funnels/i, /journeys/i, /web vitals/i, /segment/i, /CSV/]) {
      assert.equal(await guest.getByRole("link", { name }).count(), 0, `a guest is offered ${name}`);
    }

    // It leads nowhere else.
    for (const path of ["/settings", "/live", "/journeys", "/export/page.csv"]) {
      assert.equal((await guest.goto(link + path)).status(), 404, path);
    }
    await guest.goto(at(`${SITE}/settings/sharing`));
    await guest.waitForURL(/\/login\?next=/);
    const cookies = await context.cookies();
    assert.deepEqual(cookies.map(({ name, httpOnly, path }) => [name, httpOnly, path]), [["trackflow-share", true, new URL(link).pathname]]);

    await page.getByRole("button", { name: `Revoke ${agency}`, exact: true }).click();
    await page.getByText("The link leads nowhere any more.").waitFor();
    assert.equal((await guest.goto(link)).status(), 404);
    await guest.getByText("The link may have ended or been revoked").waitFor();
    await accessible(guest);
    assert.deepEqual(complaints.all(), []);
    await context.close();
  });
}
