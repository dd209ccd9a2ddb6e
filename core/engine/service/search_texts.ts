// What of tasks is searched, kept in memory up to a bound: filled by the searches themselves, dropped when a task changes.

import { labelWordsOf } from "../../domain/tags.ts";
import type { Excerpt, Task } from "../../domain/task.ts";
import type { Store } from "../../kv/store.ts";
import type { RecentHeads } from "./recent_heads.ts";

export const searchedFields = ["title", "prompt", "output", "error", "plan", "branch"] as const;
export type SearchedField = typeof searchedFields[number];

/** What a search looks at of one task. */
export interface SearchText extends Pick<Task, "id" | "status" | "repo" | "outcome"> {
  seq: number;
  /** Its tags and `key=value` labels. */
  labels: string[];
  /** All its texts in small letters; of each its first characters. */
  text: string;
  /** The events with the texts that are longer than that. */
  longer: { field: SearchedField; seq: number }[];
}

/** Characters of one text that are kept; what is longer is read from the log when it comes to that. */
const keptOfEach = 4_000;
/** Characters of all: some ten thousand tasks, and tens of MB at most. */
const keptInAll = 16_000_000;

export class SearchTexts {
  readonly #store: Pick<Store, "log">;
  readonly #heads: Pick<RecentHeads, "read">;
  readonly #texts = new Map<number, SearchText>();
  #characters = 0;
  /** For each read that is under way: what changed meanwhile, so that what was read of it may be old. */
  readonly #changed = new Set<Set<number>>();

  constructor(store: Pick<Store, "log">, heads: Pick<RecentHeads, "read">) {
    this.#store = store;
    this.#heads = heads;
  }

  /** Those of the tasks that exist, in the order of `ids`. What is not at hand is read. */
  async of(ids: number[]): Promise<SearchText[]> {
    const missing = ids.filter((id) => !this.#texts.has(id));
    const read = new Map<number, SearchText>();
    if (missing.length > 0) {
      const changed = new Set<number>();
      this.#changed.add(changed);
      try {
        const heads = await this.#heads.read(missing);
        const long = await this.#longTexts(heads);
        for (const head of heads) {
          const text = textOf(head, long);
          read.set(head.id, text);
          if (!changed.has(head.id)) this.#keep(text);
        }
      } finally {
        this.#changed.delete(changed);
      }
    }
    return ids.map((id) => read.get(id) ?? this.#texts.get(id)).filter((text) => text !== undefined);
  }

  /** The task has changed; it is read anew when it is searched next. */
  forget(id: number): void {
    for (const changed of this.#changed) changed.add(id);
    this.#drop(id);
  }

  #drop(id: number): void {
    this.#characters -= this.#texts.get(id)?.text.length ?? 0;
    this.#texts.delete(id);
  }

  /** A whole text, from the event that holds it; empty when there is none. */
  async whole(task: number, { field, seq }: { field: SearchedField; seq: number }): Promise<string> {
    return fieldOf((await this.#store.log.event(task, seq))?.data, field);
  }

  #keep(text: SearchText): void {
    this.#drop(text.id);
    this.#texts.set(text.id, text);
    this.#characters += text.text.length;
    for (const id of this.#texts.keys()) {
      if (this.#characters <= keptInAll) return;
      this.#drop(id);
    }
  }

  /** The texts of which the heads have only an excerpt, by `task:seq`. */
  async #longTexts(heads: Task[]): Promise<Map<string, unknown>> {
    const wanted = heads.flatMap((head) =>
      excerptsOf(head).filter(({ excerpt }) => !excerpt.whole).map(({ excerpt }): [number, number] => [
        head.id,
        excerpt.seq,
      ])
    );
    const found = wanted.length === 0 ? [] : await this.#store.log.events(wanted);
    return new Map(found.map(({ event: { task, seq, data } }) => [`${task}:${seq}`, data]));
  }
}

function textOf(head: Task, long: Map<string, unknown>): SearchText {
  const { id, seq, status, repo, outcome, title, place } = head;
  const texts = [title, place?.branch ?? ""];
  const longer: SearchText["longer"] = [];
  for (const { field, excerpt } of excerptsOf(head)) {
    const data = excerpt.whole ? null : long.get(`${id}:${excerpt.seq}`);
    const text = data ? fieldOf(data, field) : excerpt.text;
    texts.push(text.slice(0, keptOfEach));
    if (text.length > keptOfEach) longer.push({ field, seq: excerpt.seq });
  }
  return { id, seq, status, repo, outcome, labels: labelWordsOf(head), text: texts.join("\n").toLowerCase(), longer };
}

function excerptsOf(head: Task): { field: SearchedField; excerpt: Excerpt }[] {
  const fields = ["prompt", "output", "error", "plan"] as const;
  return fields.flatMap((field) => {
    const excerpt = head[field];
    return excerpt ? [{ field, excerpt }] : [];
  });
}

/** The field of an event that is named like the field of the task. */
function fieldOf(data: unknown, field: SearchedField): string {
  const text = (data as Record<string, unknown> | null | undefined)?.[field];
  return typeof text === "string" ? text : "";
}
