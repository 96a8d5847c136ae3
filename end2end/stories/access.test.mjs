// Who may do what: the read-only account, other sites, guessers of passwords.
import assert from "node:assert/strict";
import { ADMIN, SEEDED, SILENT, useTrackFlow, VIEWER } from "../support/stories.mjs";

const trackflow = useTrackFlow({ sites: [SEEDED, SILENT], viewer: true });

const sites = () => trackflow.run(["site", "list"]);

trackflow.story("read_only_account_sees_no_way_to_change_and_has_none", { as: "viewer", expected: [/status of 403/] }, async ({ page, origin, at }) => {
  const before = await sites();
  for (const path of ["/sites", "/sites/shop.test", "/sites/shop.test/page", "/sites/shop.test/settings", "/sites/silent.test"]) {
    assert.equal((await page.goto(at(path))).status(), 200, path);
    for (const menu of await page.locator("details").all()) await menu.evaluate((details) => (details.open = true));
    for (const [role, name] of [["link", /add site/i], ["button", /^(Save|Delete|Add site)/], ["textbox", "Name"]]) {
      assert.equal(await page.getByRole(role, { name }).count(), 0, `${path} offers ${name}`);
    }
  }
  await page.goto(at("/sites/shop.test"));
  assert.match(await page.locator("details.account").innerText(), /^\s*V\s*$/);
  await page.locator("details.account > summary").click();
  await page.getByText("Reads everything, changes nothing").waitFor();

  assert.equal((await page.goto(at("/add-site"))).status(), 403);
  await page.getByRole("heading", { name: "This account can look but not change anything" }).waitFor();

  // What no form offers is refused all the same.
  for (const [action, form] of [
    ["add_site", { domain: "new.test", name: "New", time_zone: "UTC" }],
    ["update_site", { domain: "shop.test", name: "Renamed", time_zone: "UTC" }],
    ["delete_site", { domain: "silent.test", confirm: "silent.test" }],
  ]) {
    const answer = await page.request.post(at(`/api/app/${action}`), { form, headers: { Origin: origin }, maxRedirects: 0 });
    assert.equal(answer.status(), 303, action);
    assert.match(answer.headers().location, /error=read_only/, action);
  }
  assert.equal(await sites(), before);
  await page.goto(at("/sites/shop.test/settings?error=read_only"));
  await page.getByText("This account can look but not change anything.").waitFor();
});

trackflow.story("other_sites_cannot_make_a_browser_change_anything", { expected: [/status of 403/] }, async ({ page, at }) => {
  const before = await sites();
  const evil = await trackflow.site({
    "/": `<!doctype html><title>Prize</title><link rel="icon" href="data:,"><form method="post" action="${at("/api/app/delete_site")}">
      <input name="domain" value="silent.test"><input name="confirm" value="silent.test"><button>Win a prize</button></form>`,
  });
  await page.goto(evil.address("evil.test"));
  const posted = page.waitForResponse(at("/api/app/delete_site"));
  await page.getByRole("button", { name: "Win a prize" }).click();
  assert.equal((await posted).status(), 403);
  await page.getByText("This request came from another site").waitFor();
  assert.equal(await sites(), before);
  // With the cookie, but from elsewhere: what a neighbour under the same site could send.
  for (const headers of [{ Origin: "http://evil.test" }, { "Sec-Fetch-Site": "same-site", Origin: "http://127.0.0.1:1" }]) {
    const answer = await page.request.post(at("/api/app/log_out"), { headers, maxRedirects: 0 });
    assert.equal(answer.status(), 403);
  }
  assert.equal((await page.goto(at("/sites"))).status(), 200);
  assert.equal(new URL(page.url()).pathname, "/sites", "still signed in");
});

trackflow.story("signing_out_ends_the_session_itself", { as: "nobody" }, async ({ page, context, at }) => {
  await page.goto(at("/login"));
  await page.getByLabel("Email address").fill(VIEWER.email);
  await page.getByLabel("Password").fill(VIEWER.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(at("/sites"));
  const [cookie] = await context.cookies();
  assert.deepEqual(
    [cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite, cookie.path],
    ["__Host-trackflow", true, true, "Lax", "/"],
  );
  await page.locator("details.account > summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(at("/login"));
  assert.deepEqual(await context.cookies(), []);
  await context.addCookies([cookie]);
  await page.goto(at("/sites"));
  assert.equal(new URL(page.url()).pathname, "/login", "the old cookie opens nothing");
});

trackflow.story("answers_carry_their_security_headers", { as: "nobody" }, async ({ page, at }) => {
  const answer = await page.goto(at("/login"));
  const headers = answer.headers();
  assert.match(headers["content-security-policy"], /script-src 'self' 'nonce-[^']+' 'wasm-unsafe-eval';/);
  assert.doesNotMatch(headers["content-security-policy"], /unsafe-inline|'unsafe-eval'/);
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers["referrer-policy"], "same-origin");
  const again = await page.reload();
  assert.notEqual(again.headers()["content-security-policy"], headers["content-security-policy"], "each answer has its own nonce");
});

// Last: it uses up the attempts of this address.
trackflow.story("guessing_passwords_is_slowed_down", { as: "nobody", expected: [/status of 429/] }, async ({ page, at }) => {
  await page.goto(at("/login"));
  const wrong = () => page.request.post(at("/api/app/log_in"), {
    form: { email: ADMIN.email, password: "a guess", next: "/" }, headers: { Origin: new URL(at("/")).origin }, maxRedirects: 0,
  });
  const outcomes = [];
  for (let attempt = 0; attempt < 12; attempt += 1) outcomes.push(/error=(\w+)/.exec((await wrong()).headers().location)[1]);
  assert.deepEqual(outcomes, [...Array(10).fill("credentials"), "limited", "limited"]);

  // Not even the right password is looked at now.
  await page.getByLabel("Email address").fill(ADMIN.email);
  await page.getByLabel("Password").fill(ADMIN.password);
  const landed = page.waitForResponse((answer) => answer.url().includes("error=limited"));
  await page.getByRole("button", { name: "Sign in" }).click();
  assert.equal((await landed).status(), 429);
  await page.getByText(/Too many attempts\. Try again in \d+ minutes?\./).waitFor();
  assert.equal(await page.getByLabel("Email address").inputValue(), ADMIN.email);
});
