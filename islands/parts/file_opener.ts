// How a part of a page opens a file of the task that it shows. Null where there is no task, or none whose files can be read.

import { createContext } from "preact";
import type { FilePlace } from "./places.ts";

export interface FileOpener {
  /** Where the agent works: how its absolute paths begin. */
  worktree: string | null;
  href(place: FilePlace): string;
  open(place: FilePlace): void;
}

export const FileOpenerContext = createContext<FileOpener | null>(null);
