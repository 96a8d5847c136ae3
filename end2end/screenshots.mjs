// Takes the pictures of the README from the demo. TRACKFLOW_URL names a running one; without it TRACKFLOW_BIN is started.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startBrowser, USER_AGENT } from "./support/browser.mjs";
import { startDemo } from "./support/demo.mjs";

const images = join(dirname(dirname(fileURLToPath(import.meta.url))), "docs", "images");
const PICTURES = [
  ["dashboard-light.png", "/sites/keelson.example?period=last_month", { width: 1280, height: 1400 }, "light"],
  ["dashboard-dark.png", "/sites/keelson.example?period=last_month", { width: 1280, height: 1400 }, "dark"],
  ["phone.png", "/sites/aurora-coffee.example", { width: 390, height: 844 }, "light"],
];

mkdirSync(images, { recursive: true });
const demo = await startDemo();
const { browser, stop } = await startBrowser("--hide-scrollbars");
try {
  for (const [file, path, viewport, colorScheme] of PICTURES) {
    const context = await browser.newContext({ viewport, colorScheme, userAgent: USER_AGENT });
    const page = await context.newPage();
    await page.goto(`${demo.url}/login`);
    await page.getByRole("button", { name: "Sign in to the demo" }).click();
    await page.waitForURL(/\/sites$/);
    await page.goto(demo.url + path);
    await page.screenshot({ path: join(images, file) });
    await context.close();
    console.log(`docs/images/${file}`);
  }
} finally {
  await stop();
  await demo.stop();
}
