// A whole world for one test: a repository, the scripted Messages API, and the service with the real claude program.

import { assert, assertEquals } from "@std/assert";
import type { TaskEvent } from "../../core/domain/event.ts";
import { claudeEnv, claudeProgram } from "../support/claude_program.ts";
import { type MessagesApi, messagesApi } from "../support/messages_api.ts";
import { type ServiceOptions, startService, type TestService } from "../support/service.ts";
import { tempDir, type TempRepository, tempRepository } from "../support/temp.ts";

export interface ClaudeWorld extends AsyncDisposable {
  repository: TempRepository;
  api: MessagesApi;
  /** A folder of the test: claude's home, and a place for its gates. */
  home: string;
  service: TestService;
  /** The environment and repository the service was started with; for a second one. */
  options: ServiceOptions;
}

/** `script` and `scenarios` go to the API, `version` and `isSubscriber` to claude, the rest to the service. */
export async function claudeWorld(
  { script, scenarios, version, isSubscriber, env = {}, ...options }:
    & Parameters<typeof messagesApi>[0]
    & ServiceOptions
    & { version?: string; isSubscriber?: boolean } = {},
): Promise<ClaudeWorld> {
  const stack = new AsyncDisposableStack();
  try {
    const repository = stack.use(await tempRepository());
    const home = stack.use(await tempDir());
    const api = stack.use(messagesApi({ script, scenarios }));
    const program = await claudeProgram(version);
    const all = {
      repo: repository.path,
      ...options,
      env: { ...claudeEnv({ baseUrl: api.url, home: home.path, isSubscriber }), CODER_CLAUDE: program, ...env },
    };
    const service = stack.use(await startService(all));
    return {
      repository,
      api,
      home: home.path,
      service,
      options: all,
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** The types of a history without the agent's output and what is kept beside it, in order. */
export function outline(events: TaskEvent[]): string[] {
  const beside: readonly string[] = ["usage.counted", "files.kept"];
  return events.map(({ type }) => type).filter((type) => !type.startsWith("output.") && !beside.includes(type));
}

export function ofType<T extends TaskEvent["type"]>(events: TaskEvent[], type: T): Extract<TaskEvent, { type: T }>[] {
  return events.filter((event): event is Extract<TaskEvent, { type: T }> => event.type === type);
}

/** What `count` answers of the API cost in tokens, unless a scenario says otherwise. */
export function tokens(count: number) {
  return {
    input_tokens: 120 * count,
    output_tokens: 60 * count,
    cache_read_tokens: 10 * count,
    cache_write_tokens: 30 * count,
  };
}

export function tokensOf(
  { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens }: ReturnType<typeof tokens>,
): ReturnType<typeof tokens> {
  return { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens };
}

/** The sum of what the `result` lines of a raw log say was used since the one before, for a program that says so. */
export async function reportedCost(log: Response): Promise<number> {
  const lines = (await log.text()).trim().split("\n").map((line) => JSON.parse(line));
  const results = lines.filter(({ type }) => type === "result");
  assert(results.length > 0);
  const costs = results.map(({ total_cost_usd, model_usage_since_last_result }) => {
    if (!model_usage_since_last_result) return total_cost_usd as number;
    const models = Object.values(model_usage_since_last_result) as { costUSD: number }[];
    return models.reduce((sum, { costUSD }) => sum + costUSD, 0);
  });
  return costs.reduce((sum, cost) => sum + cost, 0);
}

export function assertNear(actual: number | null, expected: number): void {
  assert(actual !== null && Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

export async function exists(path: string | null): Promise<boolean> {
  return path !== null && await Deno.lstat(path).then(() => true, () => false);
}

/** Seqs are 1..n, times never go back, and no event of a run comes after its end. */
export function assertSound(events: TaskEvent[]): void {
  assertEquals(events.map(({ seq }) => seq), events.map((_, index) => index + 1));
  const closed = new Set<number>();
  let last = "";
  for (const event of events) {
    assert(event.at >= last, `time goes back at ${event.seq}`);
    last = event.at;
    assert(event.run === undefined || !closed.has(event.run), `event ${event.seq} comes after the end of its run`);
    if (event.type === "run.finished") closed.add(event.run!);
  }
}
