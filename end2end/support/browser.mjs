// A Chromium as people have it, driven by playwright-core. Started by hand and joined: one that Playwright starts itself
// has no back/forward cache and no tab that is ever hidden. CHROMIUM names another browser than /usr/bin/chromium.
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { removeFolder } from "./folders.mjs";

export const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";

// No sandbox, because CI runs as root in containers; nothing in the background that would look for the internet.
export const FLAGS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

// Every name leads to this machine: sites and referrers have names of their own, and nothing can leave.
export const EVERY_NAME_IS_LOCAL = "--host-resolver-rules=MAP * 127.0.0.1";

// A headless browser calls itself a crawler, and crawlers are not counted.
export const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

// Starts a browser with a profile of its own that nobody joins. `stop()` ends it and removes the profile.
export function launch(...args) {
  const profile = mkdtempSync(join(tmpdir(), "trackflow-browser-"));
  const child = spawn(CHROMIUM, [...FLAGS, EVERY_NAME_IS_LOCAL, `--user-data-dir=${profile}`, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill();
    await exited;
    await removeFolder(profile);
  };
  return { child, stop };
}

// Starts a browser and joins it.
export async function startBrowser(...flags) {
  const { child, stop } = launch(...flags, "--remote-debugging-port=0", "about:blank");
  try {
    const endpoint = await new Promise((resolve, reject) => {
      let log = "";
      child.stderr.on("data", (chunk) => {
        const address = /ws:\/\/\S+/.exec((log += chunk));
        if (address) resolve(address[0]);
      });
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`${CHROMIUM} did not start: ${log}`)));
    });
    const browser = await chromium.connectOverCDP(endpoint, { noDefaults: true });
    return { browser, stop: () => browser.close().then(stop) };
  } catch (error) {
    await stop();
    throw error;
  }
}
