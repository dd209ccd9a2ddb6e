import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { chromiumProgram, launchBrowser } from "./browser.ts";
import { eventually, tempDir } from "./temp.ts";

function servePage(html: string) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) =>
      url.endsWith("/") ? new Response(html, { headers: { "content-type": "text/html" } }) : new Response(null),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("launchBrowser() shows a page of ours in the asked scheme and width", async () => {
  await using site = servePage("<h1>Tasks</h1>");
  await using browser = await launchBrowser();
  const look = () => [innerWidth, matchMedia("(prefers-color-scheme: dark)").matches, document.cookie];

  const dark = await browser.page({ scheme: "dark", width: 390 });
  await dark.goto(site.url);
  assertEquals(await dark.textContent("h1"), "Tasks");
  await dark.evaluate(() => document.cookie = "a=1");
  assertEquals(await dark.evaluate(look), [390, true, "a=1"]);
  const light = await browser.page();
  await light.goto(site.url);
  assertEquals(await light.evaluate(look), [1280, false, ""]);
  assertEquals(browser.problems, []);
});

Deno.test("launchBrowser() collects what pages complain about, and reaches loopback only", async () => {
  await using site = servePage(
    "<script src='https://example.com/a.js'></script><script>console.error('odd'); throw new Error('wrong')</script>",
  );
  await using browser = await launchBrowser();
  const page = await browser.page();
  await page.goto(site.url);
  await eventually(() => browser.problems.length === 3, { what: "three problems are known" });
  assertEquals(browser.problems.map((problem) => problem.slice(site.url.length)).sort(), [
    ": Failed to load resource: net::ERR_NAME_NOT_RESOLVED",
    ": odd",
    ": wrong",
  ]);
});

Deno.test("chromiumProgram() says what to do when there is no browser", async () => {
  await using empty = await tempDir();
  const before = { PATH: Deno.env.get("PATH")!, CHROMIUM: Deno.env.get("CHROMIUM") };
  try {
    Deno.env.set("CHROMIUM", join(empty.path, "nothing"));
    await assertRejects(() => chromiumProgram(), Error, "CHROMIUM is");
    Deno.env.delete("CHROMIUM");
    Deno.env.set("PATH", empty.path);
    const error = await assertRejects(() => chromiumProgram(), Error);
    assertMatch(error.message, /apt-get install chromium/);
  } finally {
    Deno.env.set("PATH", before.PATH);
    if (before.CHROMIUM) Deno.env.set("CHROMIUM", before.CHROMIUM);
  }
});
