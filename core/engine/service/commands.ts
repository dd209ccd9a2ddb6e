// The commands that come from outside: checked against what only the store knows, decided by domain/decide.ts, appended.

import { createHash } from "node:crypto";
import type { Command } from "../../domain/command.ts";
import type { TaskSpec } from "../../domain/task_spec.ts";
import type { Task } from "../../domain/task.ts";
import { StaleGuard } from "../../kv/group_commit.ts";
import type { AgentState } from "../../view/api_view.ts";
import type { EngineContext } from "../context.ts";
import { type CommandOptions, handleCommand } from "../handle_command.ts";
import { invalid, requireBase, requireChoices, requireNoCycle, requireRepository, requireTasks } from "./check_spec.ts";
import type { Caller, MessageChanges, NewTask } from "./service.ts";

/** `also`: for the service's own log, in the same commit. */
type CreateOptions = Caller & { idempotencyKey: string | null } & Pick<CommandOptions, "also">;

/** Each rejects with a `DomainError`: `invalid` for a field, what the rules refuse, `unavailable` after 20 s. */
export interface Commands {
  /** A new task; with an idempotency key that was used before, the task it made then. */
  create(input: NewTask, options: CreateOptions): Promise<{ head: Task; created: boolean }>;
  /** Refuses what `create` would refuse of it. */
  requireTask(input: NewTask): Promise<void>;
  /** A new task that only tries what a repository says about setup and check. */
  tryRepository(name: string, base: string | null, caller: Caller): Promise<{ head: Task; created: boolean }>;
  /** `seq`: the version the caller saw, or null for "whatever it is". */
  edit(id: number, changes: Partial<NewTask>, options: Caller & { seq: number | null }): Promise<Task>;
  retry(id: number, changes: Partial<NewTask>, caller: Caller): Promise<Task>;
  addMessage(id: number, message: { text: string; changes: MessageChanges }, caller: Caller): Promise<Task>;
  /** Any command on an existing task. */
  give(id: number, command: Command, caller: Caller): Promise<Task>;
}

export function commands(context: EngineContext, { agent }: { agent: () => AgentState }): Commands {
  return new CheckedCommands(context, agent);
}

class CheckedCommands implements Commands {
  readonly #context: EngineContext;
  readonly #agent: () => AgentState;

  constructor(context: EngineContext, agent: () => AgentState) {
    this.#context = context;
    this.#agent = agent;
  }

  async create(input: NewTask, { by, idempotencyKey, also }: CreateOptions) {
    const { store: { idempotency: keys } } = this.#context;
    const spec = this.#specOf(input);
    // One that is sent again was right when it was sent: its branch, say, may be gone by now.
    if (idempotencyKey === null || !await keys.isUsed(idempotencyKey)) await this.#requireSpec(spec);
    const idempotency = idempotencyKey === null
      ? undefined
      : { key: idempotencyKey, hash: hashOf(JSON.stringify(spec)) };
    const options = { by, idempotency, also, until: "answered" } as const;
    return await handleCommand(this.#context, "new", { type: "create", spec }, options);
  }

  async requireTask(input: NewTask) {
    await this.#requireSpec(this.#specOf(input));
  }

  #specOf(input: NewTask): TaskSpec {
    return { ...input, repo: requireRepository(input.repo, this.#context.settings.repos) };
  }

  async #requireSpec(spec: TaskSpec): Promise<void> {
    requireChoices(spec, this.#agent());
    await requireTasks(spec.depends_on, this.#context.store.log);
    await this.#requireBase(spec.repo, spec.base);
  }

  async tryRepository(name: string, base: string | null, { by }: Caller) {
    const repo = requireRepository(name, this.#context.settings.repos);
    await this.#requireBase(repo, base);
    const title = `Try setup and check of ${repo}`;
    const spec: TaskSpec = { ...trialSpec, title, prompt: title, repo, base };
    return await handleCommand(this.#context, "new", { type: "create", spec }, { by, until: "answered" });
  }

  async edit(id: number, changes: Partial<NewTask>, { by, seq }: Caller & { seq: number | null }) {
    const checked = await this.#check(id, changes);
    return await this.#change(id, checked, { type: "edit", changes: checked, seq }, { by });
  }

  async retry(id: number, changes: Partial<NewTask>, { by }: Caller) {
    const checked = await this.#check(id, changes);
    return await this.#change(id, checked, { type: "retry", changes: checked }, { by });
  }

  async addMessage(id: number, { text, changes }: { text: string; changes: MessageChanges }, { by }: Caller) {
    const checked = await this.#check(id, changes);
    return await give(this.#context, id, { type: "add_message", text, changes: checked }, { by });
  }

  give(id: number, command: Command, caller: Caller) {
    return give(this.#context, id, command, caller);
  }

  /** Changes of a task that make sense here. */
  async #check(id: number, { repo, ...rest }: Partial<NewTask>): Promise<Partial<TaskSpec>> {
    const { settings: { repos }, store: { log } } = this.#context;
    const changes: Partial<TaskSpec> = {
      ...rest,
      ...(repo !== undefined && { repo: requireRepository(repo, repos) }),
    };
    if (changes.depends_on?.includes(id)) throw invalid("depends_on", `Task ${id} cannot depend on itself`);
    requireChoices(changes, this.#agent());
    if (changes.base) {
      const head = changes.repo === undefined ? await log.head(id) : null;
      await this.#requireBase(changes.repo ?? head?.repo ?? null, changes.base);
    }
    return changes;
  }

  async #requireBase(repo: string | null, base: string | null): Promise<void> {
    await requireBase(base, { repo, context: this.#context });
  }

  async #change(id: number, { depends_on }: Partial<TaskSpec>, command: Command, { by }: Caller): Promise<Task> {
    return depends_on
      ? await editDependencies(this.#context, id, command, { by, dependencies: depends_on })
      : await give(this.#context, id, command, { by });
  }
}

/** What a trial is, but for its repository. */
const trialSpec = {
  priority: 0,
  depends_on: [] as number[],
  model: null,
  mode: "execute",
  max_attempts: 1,
  timeout_seconds: null,
  silence_seconds: null,
  max_budget_usd: null,
  trial: true,
} as const satisfies Partial<TaskSpec>;

async function give(context: EngineContext, id: number, command: Command, { by }: Caller): Promise<Task> {
  return (await handleCommand(context, id, command, { by, until: "answered" })).head;
}

/** The graph is read, checked, and must not have changed when the edit is written. */
async function editDependencies(
  context: EngineContext,
  id: number,
  command: Command,
  { by, dependencies }: Caller & { dependencies: number[] },
): Promise<Task> {
  const { log, index } = context.store;
  await requireTasks(dependencies, log);
  for (;;) {
    const guard = await index.dependencyGuard();
    await requireNoCycle(id, dependencies, log);
    try {
      return (await handleCommand(context, id, command, { by, guard, until: "answered" })).head;
    } catch (error) {
      if (!(error instanceof StaleGuard)) throw error;
    }
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
