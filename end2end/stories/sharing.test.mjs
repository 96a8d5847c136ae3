// A public dashboard: read by somebody without an account, who finds no way further, until it is private again.
import assert from "node:assert/strict";
import { SEEDED, SILENT, useTrackFlow } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED, SILENT] });

const SITE = `/sites/${SEEDED.domain}`;

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
