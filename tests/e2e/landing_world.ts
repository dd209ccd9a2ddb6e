// A service whose agent writes what its prompt says into a file and commits it, and what tests of landings ask of it.

import { assert } from "@std/assert";
import { join } from "@std/path";
import type { TaskView } from "../../core/view/task_view.ts";
import { scriptAgent } from "../borders/script_agent.ts";
import { startService, type TestService } from "../support/service.ts";
import { eventually, tempDir, type TempRepository, tempRepository } from "../support/temp.ts";

export interface LandingWorld extends AsyncDisposable {
  repository: TempRepository;
  readonly service: TestService;
  /** SIGKILL to the service, its launcher too. What they started lives on. */
  kill(): Promise<void>;
  /** Starts it again, on the same data. */
  start(): Promise<void>;
  /** The commits of main, newest first, by their subjects. */
  subjects(): Promise<string[]>;
  /** A task that writes its prompt into the file of that name and commits it. */
  finished(prompt: string, options?: Record<string, unknown>): Promise<TaskView>;
  post(path: string, body?: unknown): Promise<TaskView>;
  /** The status of the answer to a POST. */
  statusOf(path: string): Promise<number>;
  // deno-lint-ignore no-explicit-any -- the JSON of an answer, of which each test reads a few fields
  get(path: string): Promise<any>;
  until(id: number, fits: (task: TaskView) => unknown): Promise<TaskView>;
  /** Resolves when its landing is over. */
  landed(id: number): Promise<TaskView>;
}

export const commit =
  `git add -A && git -c user.name=Ada -c user.email=ada@example.com commit --quiet -m "write $file"`;

/** The prompt is \`file text\`; an agent that finds a merge under way takes both sides. */
export const writer = `
  line=$(printf '%s' "$prompt" | grep -oE '[a-z]+[.](txt|new) [a-z]+' | head -1); file="\${line%% *}"
  case "$prompt" in
    *"merge waits to be finished"*)
      for one in $(git diff --name-only --diff-filter=U); do sed -i '/^<<<<<<<\\|^=======\\|^>>>>>>>/d' "$one"; done
      file=merge; ${commit} ;;
    *) echo "$line" >> "$file"; ${commit} ;;
  esac`;

export async function landingWorld(
  { file = {}, agent = writer, files = {}, env = {}, limited = false }: {
    file?: Record<string, unknown>;
    agent?: string;
    files?: Record<string, string>;
    env?: Record<string, string>;
    limited?: boolean;
  } = {},
): Promise<LandingWorld> {
  const stack = new AsyncDisposableStack();
  const repository = stack.use(await tempRepository());
  const folder = stack.use(await tempDir());
  for (const [path, text] of Object.entries({ "coder.json": JSON.stringify(file), "shared.txt": "top\n", ...files })) {
    await Deno.writeTextFile(join(repository.path, path), text);
  }
  await repository.git("add", "-A");
  await repository.git("commit", "--quiet", "--message=begin");
  const options = {
    ...{ repo: repository.path, data: folder.path, limited },
    env: { ...await scriptAgent(folder.path, agent), ...env },
  };
  let service = stack.use(await startService(options));
  const until = (id: number, fits: (task: TaskView) => unknown) =>
    eventually(async () => {
      const task = await service.task(id);
      return fits(task) ? task : null;
    }, { timeoutMs: 30_000, what: fits.toString() });
  return {
    repository,
    get service() {
      return service;
    },
    async kill() {
      for (const pid of await service.descendants()) if (isService(pid)) Deno.kill(pid, "SIGKILL");
      await service.kill();
    },
    async start() {
      service = stack.use(await startService(options));
    },
    until,
    async post(path, body) {
      const response = await service.call(path, { method: "POST", ...(body !== undefined && { json: body }) });
      assert(response.ok, await response.clone().text());
      return await response.json();
    },
    async statusOf(path) {
      const response = await service.call(path, { method: "POST" });
      await response.body?.cancel();
      return response.status;
    },
    async get(path) {
      const response = await service.call(path);
      assert(response.ok, await response.clone().text());
      return await response.json();
    },
    async subjects() {
      return (await repository.git("log", "--first-parent", "--format=%s", "--max-count=20", "main")).trim().split(
        "\n",
      );
    },
    async finished(prompt, options = {}) {
      const { id } = await service.createTask({ prompt, ...options });
      return await service.waitForStatus(id, "completed");
    },
    landed: (id) => until(id, (task) => task.landing === null && task.last_landing !== null),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** What the launcher started, and not what that did. */
function isService(pid: number): boolean {
  try {
    return /\0[^\0]*main\.ts\0/.test(Deno.readTextFileSync(`/proc/${pid}/cmdline`));
  } catch {
    return false;
  }
}
