// The commands of the service: given, then answered with the task as it is now.

import type { TaskView } from "../../view/task_view.ts";
import type { Task } from "../../domain/task.ts";
import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { WorkPlaces } from "../exchange/work_places.ts";
import { requirePlace } from "../run/restore_place.ts";
import type { Commands } from "./commands.ts";
import type { Queries } from "./queries.ts";
import { forkOf } from "./fork.ts";
import { importTask } from "./import_task.ts";
import { moveInQueue } from "./queue_order.ts";
import type { Caller, NewTask, Service } from "./service.ts";

/** What of the service changes tasks. */
export type TaskCommands = Pick<
  Service,
  | "create"
  | "edit"
  | "cancel"
  | "move"
  | "retry"
  | "addMessage"
  | "approvePlan"
  | "rejectPlan"
  | "tryRepository"
  | "fork"
  | "importTask"
>;

export function taskCommands(
  context: EngineContext,
  { commands, queries, board, places }: {
    commands: Commands;
    queries: Queries;
    board: LiveBoard;
    places: WorkPlaces;
  },
): TaskCommands {
  const { store, warn } = context;

  /** What took effect is not answered with an error because a dependency's status cannot be read just now. */
  async function resolveIfPossible(): Promise<void> {
    await board.resolve().catch((error) => warn("Cannot read the dependencies", error));
  }

  async function view(given: Promise<Task>): Promise<TaskView> {
    // First the command: refused while something else is awaited, it would be a rejection that nobody handles.
    const head = await given;
    await resolveIfPossible();
    return queries.summary(head);
  }

  async function create(input: NewTask, options: Caller & { idempotencyKey: string | null }) {
    const { head, created } = await commands.create(input, options);
    await resolveIfPossible();
    return { task: { ...queries.summary(head), prompt: created ? input.prompt : head.prompt.text }, created };
  }

  return {
    create,
    async fork(id, choice, options) {
      return await create(await forkOf(context, await queries.require(id), { choice, places }), options);
    },
    async importTask(file, options) {
      const { head, created, lacking } = await importTask(context, file, options);
      return { task: queries.summary(head), created, lacking };
    },
    edit: (id, changes, options) => view(commands.edit(id, changes, options)),
    cancel: (id, caller) => view(commands.give(id, { type: "cancel" }, caller)),
    move: (id, target, { by }) => view(moveInQueue(context, id, { target, by, board })),
    retry: (id, changes, caller) => view(commands.retry(id, changes, caller)),
    async addMessage(id, { text, changes }, caller) {
      await requirePlace(context, await store.log.head(id));
      return await view(commands.addMessage(id, { text, changes }, caller));
    },
    async tryRepository(name, base, caller) {
      const { head } = await commands.tryRepository(name, base, caller);
      await resolveIfPossible();
      return queries.summary(head);
    },
    approvePlan: (id, caller) => view(commands.give(id, { type: "approve_plan" }, caller)),
    rejectPlan: (id, feedback, caller) => view(commands.give(id, { type: "reject_plan", feedback }, caller)),
  };
}
