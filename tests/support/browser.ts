// A real chromium for the tests of the pages, driven by playwright-core. The machine's own browser is used, since
// playwright's is not on npm. It reaches loopback only, so a page that needs anything from elsewhere fails its test.

import { type Browser, chromium, type Page } from "playwright-core";

export interface TestBrowser extends AsyncDisposable {
  /** A new page in a session (cookies, storage) of its own; both go away with the browser. */
  page(options?: { scheme?: "light" | "dark"; width?: number; height?: number }): Promise<Page>;
  /** What pages complained about since the start: uncaught errors and `console.error`, each with the page's address. */
  readonly problems: string[];
}

const closedNetwork = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/** Starts chromium without a window. Throws with one line that says how to install it when there is none. */
export async function launchBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({ executablePath: await chromiumProgram(), args: closedNetwork });
  const problems: string[] = [];
  return {
    problems,
    page: (options) => newPage(browser, { problems, ...options }),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

async function newPage(
  browser: Browser,
  { problems, scheme = "light", width = 1280, height = 800 }: {
    problems: string[];
    scheme?: "light" | "dark";
    width?: number;
    height?: number;
  },
): Promise<Page> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height }, locale: "en-GB" });
  const page = await context.newPage();
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`${page.url()}: ${message.text()}`);
  });
  return page;
}

/** The absolute path of the browser: `CHROMIUM` when it is set, else the first known name on `PATH`. */
export async function chromiumProgram(): Promise<string> {
  const named = Deno.env.get("CHROMIUM");
  if (named) {
    if (await isFile(named)) return named;
    throw new Error(`Cannot find the browser: CHROMIUM is ${JSON.stringify(named)}, which is no file`);
  }
  const [separator, ending] = Deno.build.os === "windows" ? [";", ".exe"] : [":", ""];
  const folders = (Deno.env.get("PATH") ?? "").split(separator);
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
  const candidates = [
    ...names.flatMap((name) => folders.map((folder) => `${folder}/${name}${ending}`)),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ];
  for (const candidate of candidates) {
    if (await isFile(candidate)) return candidate;
  }
  throw new Error(
    "Cannot find chromium, which the tests of the pages drive: apt-get install chromium, or set CHROMIUM to its path",
  );
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
