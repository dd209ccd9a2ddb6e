// A world to do damage in: one repository, one data folder, the scripted Messages API, and the service, which is started,
// killed and started again. The agents are the fake one (agent.sh), the demo agent and the real claude program.

import { fromFileUrl, join } from "@std/path";
import { claudeEnv, claudeProgram } from "../support/claude_program.ts";
import { messagesApi } from "../support/messages_api.ts";
import { bash, say, type Scenario } from "../support/scenarios.ts";
import { type ServiceOptions, startService, type TestService } from "../support/service.ts";
import { identity, tempDir, type TempRepository, tempRepository } from "../support/temp.ts";
import { workerMark } from "../../core/engine/marks.ts";
import { markedProcesses, type Marks } from "./processes.ts";

export interface ChaosWorld extends AsyncDisposable, Marks {
  readonly repository: TempRepository;
  /** A folder of the test. */
  readonly folder: string;
  /** The database file. */
  readonly database: string;
  /** The service that was started last. */
  readonly service: TestService;
  /** Starts the service, or one more with another data folder on the same database. */
  start(options?: Pick<ServiceOptions, "data" | "repo" | "under"> & { env?: Record<string, string> }): Promise<
    TestService
  >;
  /** Begins to start the service and kills it after `ms`, ready or not. */
  startInVain(ms: number): Promise<void>;
}

export const worldVariable = "PERSONAL_CODER_CHAOS_WORLD";

export async function chaosWorld({ env = {} }: { env?: Record<string, string> } = {}): Promise<ChaosWorld> {
  const stack = new AsyncDisposableStack();
  try {
    const repository = stack.use(await tempRepository());
    const home = stack.use(await tempDir());
    const data = stack.use(await tempDir());
    const api = stack.use(messagesApi({ scenarios: { commit } }));
    const mark = crypto.randomUUID();
    const workerMarks = new Set<string>();
    // Whatever happened, nothing of this world outlives it.
    stack.defer(() => killAll({ mark, workerMarks }));
    const options: ServiceOptions & { env: Record<string, string> } = {
      repo: repository.path,
      data: data.path,
      env: {
        ...claudeEnv({ baseUrl: api.url, home: home.path }),
        CODER_CLAUDE: fromFileUrl(new URL("./agent.sh", import.meta.url)),
        REAL_CLAUDE: await claudeProgram(),
        CHAOS_DENO: Deno.execPath(),
        CHAOS_DEMO: fromFileUrl(new URL("../../core/process/demo/demo_agent.ts", import.meta.url)),
        DEMO_STEP_MS: "40",
        DENO_NO_UPDATE_CHECK: "1",
        [worldVariable]: mark,
        ...env,
      },
    };
    await Deno.mkdir(join(data.path, "data"));
    let service: TestService | null = null;
    return {
      repository,
      mark,
      workerMarks,
      folder: home.path,
      database: join(data.path, "data", "coder.db"),
      get service() {
        return service!;
      },
      async start({ env, ...own } = {}) {
        if (own.data !== undefined) await Deno.mkdir(own.data, { recursive: true });
        const started = await startService({ ...options, ...own, env: { ...options.env, ...env } });
        stack.use(started);
        const { worker, store } = await started.health();
        workerMarks.add(workerMark({ worker, store: { id: store } }));
        return service = started;
      },
      async startInVain(ms) {
        const child = new Deno.Command(Deno.execPath(), {
          args: ["run", "--quiet", "-A", fromFileUrl(new URL("../../main.ts", import.meta.url))],
          cwd: data.path,
          env: {
            CODER_SANDBOX: "off",
            ...options.env,
            CODER_REPO: repository.path,
            CODER_DATA: join(data.path, "data"),
            CODER_PORT: "0",
          },
          stdin: "null",
          stdout: "null",
          stderr: "null",
        }).spawn();
        const timer = setTimeout(() => child.kill("SIGKILL"), ms);
        await child.status;
        clearTimeout(timer);
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Commits, and looks whether it worked: its tools may be killed on the way. */
const commit: Scenario = ({ body, step }) => {
  const isDone = body.messages.some(({ content }) =>
    typeof content !== "string" &&
    content.some((block) => block.type === "tool_result" && JSON.stringify(block.content).includes("all is committed"))
  );
  if (isDone || step > 20) return say("The note is committed.");
  const git = `git -c user.name='${identity.name}' -c user.email='${identity.email}'`;
  const command = `rm -f "$(git rev-parse --git-path index.lock)"; echo note > note.txt && git add note.txt && ` +
    `(${git} commit --quiet -m Note || git diff --quiet HEAD) && echo all is committed`;
  return bash(command, "Commit a note");
};

function killAll(marks: Marks): void {
  for (const { pid } of markedProcesses(marks)) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch { /* it has ended */ }
  }
}
