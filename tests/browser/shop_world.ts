// A small shop with a service at work on it, for the pages' tests and README's pictures: the real service and the real
// claude, with only the model's words written in advance. Every state of a task is there.

import { join } from "@std/path";
import { claudeEnv, claudeProgram } from "../support/claude_program.ts";
import { messagesApi } from "../support/messages_api.ts";
import type { Block, Turn } from "../support/messages_format.ts";
import { answer, say, tool } from "../support/scenarios.ts";
import { startService, type TestService } from "../support/service.ts";
import { git, tempDir, tempRepository } from "../support/temp.ts";

export interface ShopWorld extends AsyncDisposable {
  readonly service: TestService;
  /** By a word of its title. */
  readonly ids: Record<ShopTask, number>;
}

type ShopTask = keyof typeof stories;

const files: Record<string, string> = {
  "README.md": "# shop-api\n\nThe HTTP API of a small shop.\n",
  "src/http/public.ts": `import { listOrders } from "../orders/list.ts";

export async function handle(request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (url.pathname === "/orders") return Response.json(await listOrders());
  return new Response("Not found", { status: 404 });
}
`,
  "src/orders/list.ts": `import { db } from "../db.ts";

export function listOrders(): Promise<Order[]> {
  return db.query("select * from orders order by id");
}

export interface Order {
  id: number;
  total: number;
}
`,
  "src/db.ts": "export const db = { query: (_sql: string) => Promise.resolve([]) };\n",
  "src/mail/legacy_mailer.ts": `// Sends mail through the old gateway.\n${
    Array.from({ length: 40 }, (_, line) => `export const field${line} = ${line};\n`).join("")
  }`,
  "src/mail/send.ts": 'export { send } from "./gateway.ts";\n',
  "src/mail/gateway.ts": "export function send(_to: string): void {}\n",
  "tools/test.sh": `#!/bin/sh
# Runs the tests of one area.
if [ "$1" = rate-limit ] && ! grep -q windowMs src/http/rate_limit.ts 2>/dev/null; then
  printf '\\033[31mnot ok\\033[0m answers 429 after the limit\\n    expected 429, got 200   test/rate_limit.test.ts:41\\n'
  printf '\\n1 of 12 failed\\n'
  exit 1
fi
printf '\\033[32mok\\033[0m %s, 12 passed\\n' "$1"
`,
};

const author = "-c user.name=Shop -c user.email=shop@example.com";
const commit = (message: string): Block =>
  tool("Bash", { command: `git add -A && git ${author} commit -q -m '${message}'`, description: "Commit the work" });
const run = (command: string, description: string): Block => tool("Bash", { command, description });
const text = (words: string): Block => ({ type: "text", text: words });
const thinking = (words: string): Block => ({ type: "thinking", thinking: words });

/** What the model says in each task, turn by turn; the last turn is repeated. */
const stories = {
  paginate: {
    title: "Paginate the order list",
    prompt: "The order list returns every order at once. Give it a page size and a cursor.",
    turns: (at: string): Turn[] => [
      answer(
        text("I will look at how orders are listed, then add a cursor."),
        tool("Read", { file_path: `${at}/src/orders/list.ts` }),
      ),
      answer(tool("Edit", {
        file_path: `${at}/src/orders/list.ts`,
        old_string:
          'export function listOrders(): Promise<Order[]> {\n  return db.query("select * from orders order by id");',
        new_string: "export function listOrders(after = 0, limit = 50): Promise<Order[]> {\n" +
          "  return db.query(`select * from orders where id > ${after} order by id limit ${limit}`);",
      })),
      answer(run("sh tools/test.sh orders", "Run the tests of the orders")),
      answer(commit("Paginate the order list")),
      say("The list now takes `after` and `limit` (50 by default) and the tests pass."),
    ],
  },
  mailer: {
    title: "Remove the legacy mailer",
    prompt: "Nothing uses src/mail/legacy_mailer.ts any more. Remove it and what only it needed.",
    turns: (_at: string): Turn[] => [
      answer(run("grep -rn legacy_mailer src || true", "Look for users of the mailer")),
      answer(run("git rm -q src/mail/legacy_mailer.ts && sh tools/test.sh mail", "Remove it and run the tests")),
      answer(commit("Remove the legacy mailer")),
      say("Removed. Nothing imported it, and the mail tests pass without it."),
    ],
  },
  runner: {
    title: "Try the new test runner",
    prompt: "Try whether the new test runner can run our tests.",
    turns: (_at: string): Turn[] => [answer(run("exec sleep 300", "Install the runner"))],
  },
  webhooks: {
    title: "Retry webhooks with backoff",
    prompt: "A webhook that fails is lost. Retry it with exponential backoff, at most eight times.",
    turns: (at: string): Turn[] => [
      answer(
        text("Webhooks are sent in one place, so the retry belongs there."),
        tool("Write", {
          file_path: `${at}/src/webhooks/retry.ts`,
          content: "export function delayMs(attempt: number): number {\n  return 1000 * 2 ** attempt;\n}\n",
        }),
      ),
      answer(run("sh tools/test.sh rate-limit", "Run the tests of the webhooks")),
      answer(
        text("The queue's test needs the broker. I will wait for it to come up."),
        run("exec sleep 300", "Wait for the broker"),
      ),
    ],
  },
  sessions: {
    title: "Move sessions to signed cookies",
    prompt: "Sessions live in memory and are lost at every deploy. Move them to signed cookies.",
    turns: (at: string): Turn[] => [
      answer(
        text("I will read how requests are handled first."),
        tool("Read", { file_path: `${at}/src/http/public.ts` }),
      ),
      answer(tool("ExitPlanMode", {
        plan:
          "## Signed cookies instead of a session table\n\n1. Add `src/http/cookie.ts`: sign and verify with HMAC-SHA-256, " +
          "constant-time compare, key from `SESSION_KEY`\n2. Read the session from the cookie in `public.ts`; an invalid " +
          "signature counts as no session\n3. Keep reading the old table for **seven days**, then drop it\n4. Tests: a " +
          "changed byte, an expired cookie, a rotated key\n\n| Risk | Answer |\n| --- | --- |\n| Cookie too large | Keep only " +
          "ids in it |\n| Key leaks | Two keys, so that one can be rotated out |\n",
      })),
      say("The plan waits for approval."),
    ],
  },
  limits: {
    title: "Add rate limiting to the public API",
    prompt:
      "Limit the public API to 100 requests a minute per client. Answer 429 with Retry-After when it is exceeded. " +
      "Cover it with tests.",
    turns: (at: string): Turn[] => [
      answer(
        thinking(
          "Where do requests enter, and does anything count them already? If all routes share one entry, the limiter goes there.",
        ),
        text("First I look at where requests enter."),
        tool("Read", { file_path: `${at}/src/http/public.ts` }),
        tool("Bash", { command: "ls -R src | head -40", description: "List the sources" }),
      ),
      answer(
        text(
          "All public routes pass `src/http/public.ts`, so **one limiter there covers them**:\n\n- counters per client, in memory\n" +
            "- `Retry-After` from the end of the window\n- 429 with a clear message",
        ),
        tool("Write", {
          file_path: `${at}/src/http/rate_limit.ts`,
          content: `const limit = 100;
const counts = new Map<string, { count: number; until: number }>();

/** Seconds to wait, or 0 when the request may pass. */
export function retryAfter(client: string, now: number): number {
  const seen = counts.get(client);
  if (!seen || seen.until < now) {
    counts.set(client, { count: 1, until: now + 60_000 });
    return 0;
  }
  return ++seen.count > limit ? Math.ceil((seen.until - now) / 1000) : 0;
}
`,
        }),
        tool("Edit", {
          file_path: `${at}/src/http/public.ts`,
          old_string: "  const url = new URL(request.url);",
          new_string:
            "  const wait = retryAfter(clientOf(request), Date.now());\n  if (wait > 0) return tooMany(wait);\n" +
            "  const url = new URL(request.url);",
        }),
        run("sh tools/test.sh rate-limit", "Run the tests of the rate limit"),
      ),
      answer(
        text(
          "The clock in the test never moves: the window starts at the first request, so all of them must fall into one window. " +
            "I will make the window a parameter, not change the limit.",
        ),
        tool("Edit", {
          file_path: `${at}/src/http/rate_limit.ts`,
          old_string: "until: now + 60_000",
          new_string: "until: now + windowMs",
        }),
        tool("Edit", {
          file_path: `${at}/src/http/rate_limit.ts`,
          old_string: "const limit = 100;",
          new_string: "const limit = 100;\nconst windowMs = 60_000;",
        }),
        run("sh tools/test.sh rate-limit", "Run the tests of the rate limit"),
      ),
      answer(text("Green. The load test follows, it takes a while."), run("exec sleep 600", "Load test, 10 minutes")),
    ],
  },
  orm: {
    title: "Upgrade the ORM and fix the deprecations it reports in the billing module",
    prompt: "Upgrade the ORM to its newest version and fix what it deprecates in the billing module.",
    turns: (_at: string): Turn[] => [
      ...Array.from(
        { length: 8 },
        (_, step): Turn =>
          answer(
            run(`sed -n '${step + 1},${step + 3}p' src/orders/list.ts; sleep 0.2`, `Read deprecation ${step + 1}`),
          ),
      ),
      answer(run("exec sleep 600", "Run the billing tests against a copy of the database")),
    ],
  },
} satisfies Record<string, { title: string; prompt: string; turns(at: string): Turn[] }>;

/** Starts it all and waits until each task is where the pictures want it. */
export async function shopWorld({ port = 0 }: { port?: number } = {}): Promise<ShopWorld> {
  await using stack = new AsyncDisposableStack();
  const api = stack.use(messagesApi({
    script: ({ userTexts, cwd, step }) => {
      const story = Object.values(stories).find(({ prompt }) => userTexts[0]?.startsWith(prompt));
      const turns = story?.turns(cwd) ?? [say("Nothing to do.")];
      return turns[Math.min(step, turns.length - 1)]!;
    },
  }));
  const home = stack.use(await tempDir());
  const repository = stack.use(await tempRepository());
  for (const [path, content] of Object.entries(files)) {
    await Deno.mkdir(join(repository.path, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(repository.path, path), content);
  }
  await git(repository.path, "add", "-A");
  await git(repository.path, "commit", "--quiet", "--message=The shop as it is");
  const service = stack.use(
    await startService({
      env: {
        ...claudeEnv({ baseUrl: api.url, home: home.path }),
        CODER_CLAUDE: await claudeProgram(),
        CODER_REPO: `shop-api=${repository.path}`,
        CODER_MAX_CONCURRENT: "2",
        CODER_PORT: String(port),
        CODER_WORKER: "workshop",
      },
    }),
  );

  const create = async (name: ShopTask, more: Record<string, unknown> = {}) => {
    const { title, prompt } = stories[name];
    return (await service.createTask({ title, prompt, ...more })).id;
  };
  const paginate = await create("paginate");
  const mailer = await create("mailer");
  await service.waitForStatus(paginate, "completed");
  await service.waitForStatus(mailer, "completed");
  const runner = await create("runner");
  await service.waitFor(runner, (task) => task.last_step?.startsWith("Bash"));
  await service.command(runner, "cancel");
  await service.waitForStatus(runner, "cancelled");
  const webhooks = await create("webhooks", { timeout_seconds: 8 });
  const sessions = await create("sessions", { mode: "plan" });
  await service.waitForStatus(webhooks, "failed");
  await service.waitForStatus(sessions, "awaiting_approval");
  const limits = await create("limits", { max_budget_usd: 5, max_attempts: 2 });
  const orm = await create("orm");
  await service.createTask({
    title: "Translate the error messages",
    prompt: "Translate all error messages to German.",
  });
  await service.createTask({
    title: "Fix the flaky upload test",
    prompt: "The upload test fails about once in twenty runs. Find out why and fix it.",
    priority: 5,
  });
  await service.createTask({
    title: "Document the rate limits",
    prompt: "Describe the rate limits in README.md.",
    priority: 9,
    depends_on: [limits],
  });
  await service.createTask({
    title: "Announce the webhook retries in the changelog",
    prompt: "Add the webhook retries to the changelog.",
    depends_on: [webhooks],
  });
  await service.waitFor(
    limits,
    (task) => task.last_step?.includes("Load test") || task.last_step?.includes("sleep 600"),
  );
  await service.waitFor(orm, (task) => task.last_step?.includes("database") || task.last_step?.includes("sleep 600"));
  const owned = stack.move();
  return {
    service,
    ids: { paginate, mailer, runner, webhooks, sessions, limits, orm },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

if (import.meta.main) {
  const world = await shopWorld({ port: Number(Deno.args[0] ?? 0) });
  console.log(`The shop is at ${world.service.url}`, world.ids);
  await new Promise(() => {});
}
