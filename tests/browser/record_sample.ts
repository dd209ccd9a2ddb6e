// Records the task that ships with the product as its sample (routes/pages/sample_task.ndjson): the real service and the real
// claude at work on a small shop, with only the model's words written in advance. Run it as
// `deno run -A tests/browser/record_sample.ts FOLDER`; FOLDER (made, and removed afterwards) shows up in the recording.

import { join } from "@std/path";
import { claudeEnv, claudeProgram } from "../support/claude_program.ts";
import { messagesApi } from "../support/messages_api.ts";
import type { Block, Turn } from "../support/messages_format.ts";
import { answer, say, tool } from "../support/scenarios.ts";
import { startService } from "../support/service.ts";
import { git, tempDir } from "../support/temp.ts";

const prompt =
  "Limit the public API to 100 requests a minute per client. Answer 429 with Retry-After when it is exceeded. " +
  "Cover it with a test.";
const followUp = "Please say in the README what the limit is.";

const files: Record<string, string> = {
  "README.md": "# shop-api\n\nThe HTTP API of a small shop. Run its tests with `node --test`.\n",
  "src/public.mjs": `export function handle(request) {
  if (request.path === "/orders") return { status: 200, body: [] };
  return { status: 404 };
}
`,
  "test/public.test.mjs": `import assert from "node:assert";
import test from "node:test";
import { handle } from "../src/public.mjs";

test("lists orders", () => assert.equal(handle({ path: "/orders", client: "a" }).status, 200));
`,
};

const limiter = (window: string) =>
  `const limit = 100;
const windowMs = ${window};
const counts = new Map();

/** Seconds to wait, or 0 when the request may pass. */
export function retryAfter(client, now = Date.now()) {
  const seen = counts.get(client);
  if (!seen || seen.until <= now) {
    counts.set(client, { count: 1, until: now + windowMs });
    return 0;
  }
  return ++seen.count > limit ? Math.ceil((seen.until - now) / 1000) : 0;
}
`;

const run = (command: string, description: string): Block => tool("Bash", { command, description });
const text = (words: string): Block => ({ type: "text", text: words });
const commit = (message: string) =>
  run(
    `git add -A && git -c user.name=Shop -c user.email=shop@example.com commit -q -m '${message}'`,
    "Commit the work",
  );

function firstTask(at: string): Turn[] {
  return [
    answer(
      { type: "thinking", thinking: "All requests pass one function. A limiter in front of it covers every route." },
      text("I look at where requests enter and what tests there are."),
      tool("Read", { file_path: `${at}/src/public.mjs` }),
      run("git ls-files && node --test 2>&1 | tail -8", "List the files and run the tests"),
    ),
    answer(
      text(
        "Every request passes `handle`, so **one limiter there covers all routes**:\n\n- a counter per client, in memory\n" +
          "- `Retry-After` from the end of the window\n- 429 when it is exceeded",
      ),
      tool("Write", { file_path: `${at}/src/rate_limit.mjs`, content: limiter("0") }),
      tool("Edit", {
        file_path: `${at}/src/public.mjs`,
        old_string: "export function handle(request) {\n",
        new_string: 'import { retryAfter } from "./rate_limit.mjs";\n\nexport function handle(request) {\n' +
          "  const wait = retryAfter(request.client);\n" +
          '  if (wait > 0) return { status: 429, headers: { "Retry-After": String(wait) } };\n',
      }),
      tool("Write", {
        file_path: `${at}/test/rate_limit.test.mjs`,
        content: `import assert from "node:assert";
import test from "node:test";
import { handle } from "../src/public.mjs";

test("answers 429 after the limit", () => {
  for (let n = 0; n < 100; n++) assert.equal(handle({ path: "/orders", client: "b" }).status, 200);
  const refused = handle({ path: "/orders", client: "b" });
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers["Retry-After"]) > 0);
});
`,
      }),
      run("node --test 2>&1 | tail -30; node --test >/dev/null 2>&1", "Run the tests"),
    ),
    answer(
      text("The window is 0 ms long, so it is over before the next request. It should be a minute."),
      tool("Edit", {
        file_path: `${at}/src/rate_limit.mjs`,
        old_string: "const windowMs = 0;",
        new_string: "const windowMs = 60_000;",
      }),
      run("node --test 2>&1 | tail -8", "Run the tests again"),
    ),
    answer(commit("Limit the public API to 100 requests a minute per client")),
    say(
      "The public API now answers **429 with `Retry-After`** after 100 requests a minute per client.\n\n" +
        "- `src/rate_limit.mjs` counts per client\n- `src/public.mjs` asks it first\n- a test covers the limit; all tests pass",
    ),
  ];
}

function followedUp(at: string): Turn[] {
  return [
    answer(tool("Read", { file_path: `${at}/README.md` })),
    answer(
      tool("Edit", {
        file_path: `${at}/README.md`,
        old_string: "Run its tests with `node --test`.\n",
        new_string:
          "Run its tests with `node --test`.\n\nEach client may send 100 requests a minute; more are answered " +
          "with 429 and `Retry-After`.\n",
      }),
      commit("Say in the README what the limit is"),
    ),
    say("The README says it now."),
  ];
}

/** A model takes its time; without it the player would have nothing to show. */
async function thinkFor(turn: Turn): Promise<Turn> {
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  return turn;
}

async function record(folder: string): Promise<string> {
  const repo = join(folder, "shop");
  const claude = join(folder, "claude");
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(join(repo, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(repo, path), content);
  }
  await git(repo, "init", "--quiet", "--initial-branch=main");
  await git(repo, "add", "-A");
  await git(
    repo,
    "-c",
    "user.name=Shop",
    "-c",
    "user.email=shop@example.com",
    "commit",
    "--quiet",
    "-m",
    "The shop as it is",
  );
  await Deno.symlink(await claudeProgram(), claude);
  await using home = await tempDir();
  await using api = messagesApi({
    script: ({ userTexts, cwd, step, stepSinceText }) => {
      const isLater = userTexts.at(-1)?.includes(followUp) ?? false;
      const turns = isLater ? followedUp(cwd) : firstTask(cwd);
      return thinkFor(turns[Math.min(isLater ? stepSinceText : step, turns.length - 1)]!);
    },
  });
  await using service = await startService({
    repo: `shop=${repo}`,
    env: { ...claudeEnv({ baseUrl: api.url, home: home.path }), CODER_CLAUDE: claude, CODER_WORKER: "workshop" },
  });
  const { id } = await service.createTask({ title: "Add rate limiting to the public API", prompt });
  await service.waitForStatus(id, "completed");
  const { seq } = await service.task(id);
  await service.command(id, "messages", { text: followUp });
  await service.waitForStatus(id, "completed", seq);
  return await (await service.call(`/api/tasks/${id}/export`)).text();
}

if (import.meta.main) {
  const [folder] = Deno.args;
  if (!folder) throw new Error("Name a folder to work in, such as /srv/work");
  await Deno.mkdir(folder);
  try {
    await Deno.writeTextFile(new URL("../../routes/pages/sample_task.ndjson", import.meta.url), await record(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
