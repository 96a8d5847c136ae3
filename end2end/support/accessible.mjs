// Whether everybody can use a page: axe in both themes on a phone and a desktop, and no width at which it scrolls sideways.
import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WIDTHS = [320, 360, 768, 1280, 1920];

export async function check(page) {
  const found = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const [needed, given] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(needed <= given, `${needed} px wide at ${width} px`);
    if (width !== 360 && width !== 1280) continue;
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
      for (const { id, nodes } of violations) found.push(`${id} at ${width} px, ${colorScheme}: ${nodes.map((node) => node.target).join(" | ")}`);
    }
  }
  assert.deepEqual(found, []);
}
