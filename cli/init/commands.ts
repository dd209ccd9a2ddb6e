// What is looked for in a repository, and what it is looked for in.

/** The text of a file at the top of the repository; null: there is none. */
export type ReadFile = (name: string) => Promise<string | null>;

export interface Commands {
  setup: string | null;
  check: string | null;
}
