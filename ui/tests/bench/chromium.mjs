/** Chromium as the bench drives it. */
import { chromium } from "playwright-core";

export async function chromiumPage() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  return {
    go: async (url) => {
      await page.goto("about:blank");
      await page.goto(url);
    },
    run: (script) => page.evaluate(script),
    evaluate: (expression) => page.evaluate(expression),
    close: () => browser.close(),
  };
}
