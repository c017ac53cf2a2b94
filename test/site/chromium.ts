/** Chromium of the system, driven by puppeteer-core. It never reaches anything but this machine. */
import { launch } from "puppeteer-core";
import type { Browser } from "puppeteer-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/** Where Chromium is: `CHROMIUM` of the environment, or on the PATH; undefined where there is none. */
export const CHROMIUM: string | undefined =
  [process.env["CHROMIUM"], ...NAMES.map((name) => Bun.which(name))].find(Boolean) ?? undefined;

/** What to do where there is none. */
export const NO_CHROMIUM =
  "Chromium is missing: install it (apt-get install chromium), or name it in CHROMIUM.";

/** Starts Chromium without a window. */
export function launchChromium(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error(NO_CHROMIUM);
  return launch({
    executablePath: CHROMIUM,
    // Wide enough for the sidebar and the outline.
    defaultViewport: { width: 1440, height: 900 },
    args: [
      // Root may not use the sandbox. The pages are our own.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-dev-shm-usage",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
}
