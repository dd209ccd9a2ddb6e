// Repositories beside the configured ones: people add and remove them, each change is an event of the service's own log, and
// they are there again after a restart. They belong to the worker that was asked: a path is one of its machine.

import { DomainError } from "../../domain/error.ts";
import type { NewEvent } from "../../domain/event.ts";
import type { RepositoryPlace } from "../../view/settings_view.ts";
import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import { handleCommand } from "../handle_command.ts";
import { aboutField, invalid } from "./check_spec.ts";
import type { Caller } from "./service.ts";

/** The machine's part of it. */
export interface AddedPort {
  /** What stands at a path: its top folder, and a name for it. Throws `invalid` with what is wrong with it, as the start does. */
  look(path: string): Promise<{ path: string; name: string }>;
  /** Takes it into use: from then on `EngineSettings.repos` has it. Else why not, in a sentence. */
  use(repository: { name: string; path: string }): Promise<string | null>;
  /** Uses it no more. */
  drop(name: string): void;
  /** Keeps them all for the next start. Never rejects. */
  keep(all: { name: string; path: string }[]): Promise<void>;
}

const namePattern = /^[A-Za-z0-9._-]{1,64}$/;
const addedAtMost = 100;
const tasksNamed = 5;

export class AddedRepositories {
  readonly #context: EngineContext;
  readonly #board: LiveBoard;
  readonly #port: AddedPort;
  readonly #onChange: () => void;
  /** Why one is not in use. */
  readonly #reasons = new Map<string, string>();
  /** One change at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  /** `onChange`: what can be claimed is another now. */
  constructor(
    context: EngineContext,
    { board, port, onChange }: { board: LiveBoard; port: AddedPort; onChange: () => void },
  ) {
    this.#context = context;
    this.#board = board;
    this.#port = port;
    this.#onChange = onChange;
  }

  /** Takes into use what was added before this process was there. */
  async load(): Promise<void> {
    const all = await this.#all();
    for (const one of all) await this.#use(one);
    await this.#port.keep(all);
  }

  /** The added ones; `configured`: the others. */
  async places(configured: { name: string; path: string }[]): Promise<RepositoryPlace[]> {
    const added = await this.#all();
    const names = new Set(added.filter(({ name }) => !this.#reasons.has(name)).map(({ name }) => name));
    const unfinished = Map.groupBy(this.#board.entries, ({ repo }) => repo);
    const count = (name: string) => unfinished.get(name)?.length ?? 0;
    return [
      ...configured.filter(({ name }) => !names.has(name)).map(({ name, path }): RepositoryPlace => {
        return { name, path, added: false, reason: null, unfinished: count(name) };
      }),
      ...added.map(({ name, path }): RepositoryPlace => {
        return { name, path, added: true, reason: this.#reasons.get(name) ?? null, unfinished: count(name) };
      }),
    ];
  }

  /** Throws `invalid` for what is no usable repository, `conflict` for one that is there. */
  async add({ path, name }: { path: string; name: string | null }, caller: Caller): Promise<RepositoryPlace> {
    return await this.#inTurn(async () => {
      const found = await aboutField("path", () => this.#port.look(path));
      const repository = { name: name ?? found.name, path: found.path };
      await this.#requireNew(repository);
      await this.#note({ type: "repository.added", data: { worker: this.#context.worker.id, ...repository } }, caller);
      await this.#use(repository);
      await this.#port.keep(await this.#all());
      this.#onChange();
      return { ...repository, added: true, reason: this.#reasons.get(repository.name) ?? null, unfinished: 0 };
    });
  }

  /** Throws `not_found`, or `conflict` while a task of it is not finished. */
  async remove(name: string, caller: Caller): Promise<void> {
    await this.#inTurn(async () => {
      const { settings, worker } = this.#context;
      const repository = (await this.#all()).find((one) => one.name === name);
      if (!repository) {
        if (!settings.repos.includes(name)) throw new DomainError("not_found", `There is no repository ${name}`);
        throw new DomainError("conflict", `Cannot remove repository ${name}: CODER_REPO names it; take it out there`);
      }
      const isInUse = !this.#reasons.has(name);
      // No task is made in it from here on, so none is missed below.
      if (isInUse) this.#port.drop(name);
      try {
        await this.#requireIdle(name);
        await this.#note({ type: "repository.removed", data: { worker: worker.id, name } }, caller);
      } catch (error) {
        if (isInUse) await this.#use(repository);
        throw error;
      }
      this.#reasons.delete(name);
      await this.#port.keep(await this.#all());
      this.#onChange();
    });
  }

  async #all(): Promise<{ name: string; path: string }[]> {
    const { store, worker } = this.#context;
    const own = (await store.log.head(0))?.repositories?.filter((one) => one.worker === worker.id) ?? [];
    return own.map(({ name, path }) => ({ name, path }));
  }

  async #use(repository: { name: string; path: string }): Promise<void> {
    const reason = await this.#port.use(repository);
    if (reason === null) this.#reasons.delete(repository.name);
    else this.#reasons.set(repository.name, reason);
  }

  async #requireNew({ name, path }: { name: string; path: string }): Promise<void> {
    if (!namePattern.test(name)) {
      throw invalid("name", `Not a name of a repository: 1 to 64 letters, digits, dots, hyphens or underscores`);
    }
    const all = await this.#all();
    if (all.some((one) => one.name === name) || this.#context.settings.repos.includes(name)) {
      throw new DomainError("conflict", `There is a repository named ${name} already: give this one another name`);
    }
    const same = all.find((one) => one.path === path);
    if (same) throw new DomainError("conflict", `${path} is there already, as ${same.name}`);
    if (all.length >= addedAtMost) {
      throw new DomainError("conflict", `There are ${addedAtMost} added repositories: name others in CODER_REPO`);
    }
  }

  async #requireIdle(name: string): Promise<void> {
    const unfinished = [...this.#board.entries].filter(({ repo }) => repo === name).map(({ id }) => id);
    const landing = (await this.#context.store.index.landings()).filter(({ repo }) => repo === name).map(({ id }) =>
      id
    );
    const ids = [...unfinished, ...landing].sort((a, b) => a - b);
    if (ids.length === 0) return;
    const named = ids.slice(0, tasksNamed).map((id) => `#${id}`).join(", ");
    const more = ids.length > tasksNamed ? ` and ${ids.length - tasksNamed} more` : "";
    throw new DomainError("conflict", `Cannot remove repository ${name}: ${named}${more} of it are not finished`);
  }

  async #note(event: NewEvent, { by }: Caller): Promise<void> {
    await handleCommand(this.#context, 0, { type: "note", event }, { by, until: "answered" });
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(action, action);
    this.#turn = done.catch(() => {});
    return done;
  }
}
