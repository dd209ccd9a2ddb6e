// What an agent prints is data: nothing of it runs, loads, hides or breaks the page.

import { assert, assertEquals } from "@std/assert";
import { launchBrowser } from "../support/browser.ts";
import { startService } from "../support/service.ts";
import { tempDir } from "../support/temp.ts";
import { alive, assertFits, axeFindings } from "./page_checks.ts";
import { answered, recordedAgent, said, used } from "./recorded_agent.ts";

const script = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">";

const output = [
  said(
    `${script}\n\n[click](javascript:document.title='owned') ![spy](http://example.com/spy.png)\n\n</script><style>*{display:none}</style>`,
  ),
  used("ansi", "ls --color"),
  answered("ansi", "\u001b[31mred\u001b[0m \u001b]0;owned\u0007\u001b[2J\u001b[1;1Hplain\u0000\u0008"),
  said("Right to left: \u202Egnp.exe\u202C and \u05D0\u05D1\u05D2 then English"),
  used("rtl", "cat '\u202Etxt.sh'"),
  answered("rtl", `${"x".repeat(300_000)} end`, true),
  said(`# Long\n\n${"word".repeat(20_000)}`),
  said(`${"\uD83D\uDE00".repeat(50)} \u2028 \u2029 <!-- ]]> ${"[".repeat(2_000)}`),
];

Deno.test("hostile output is shown harmlessly", async () => {
  await using folder = await tempDir();
  const program = await recordedAgent(folder.path, output);
  await using service = await startService({ env: { CODER_CLAUDE: program, IS_SANDBOX: "1" } });
  const { id } = await service.createTask({ prompt: `${script} </script> \u202Eabc`, title: `${script}\u202Etitle` });
  await service.waitForStatus(id, "completed");
  await using browser = await launchBrowser();
  for (const path of [`/tasks/${id}`, `/tasks/${id}/events`, `/tasks/${id}/log`, `/?task=${id}`, "/?q=%3Cscript%3E"]) {
    for (const width of [1440, 390]) {
      const page = await browser.page({ width, height: 900 });
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      await page.goto(`${service.url}${path}`);
      await alive(page);
      assert(!(await page.title()).startsWith("owned"), path);
      assertEquals(await page.locator("main img, main style, aside img, [onerror], a[href^='javascript']").count(), 0);
      assertEquals(asked.filter((url) => !url.startsWith(service.url) && !url.startsWith("data:")), [], path);
      await assertFits(page, `${path}, ${width} px`);
      if (path === `/tasks/${id}`) {
        assertEquals(await axeFindings(page, path), []);
        assert((await page.content()).length < 1_500_000, "huge texts are drawn when asked for");
        const text = await page.locator(".transcript").innerText();
        // deno-lint-ignore no-control-regex
        assert(!/[\u0000-\u0008\u001b]/.test(text), "no control characters are drawn");
        await page.getByText("<script>document.title", { exact: false }).first().waitFor();
      }
      await page.context().close();
    }
  }
  assertEquals(browser.problems, []);
});
