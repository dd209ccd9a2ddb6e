// The state of one page as signals, shared by its islands. The server makes one for each request, the browser one in all.

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { TaskView } from "../../core/view/task_view.ts";
import type { Health } from "../../core/view/api_view.ts";
import { type BoardState, boardState, type Columns, columnsOf } from "./board_state.ts";
import type { Locale } from "../parts/format.ts";
import { Highlighter } from "../changes/highlighter.ts";
import { MarkdownReader } from "../parts/markdown_reader.ts";
import type { PageData, Theme } from "./page_data.ts";
import type { ConnectionStatus } from "../stream/stream_hub.ts";
import type { BoardFilter } from "./task_state.ts";
import { OpenTask } from "./open_task.ts";

/** What lies over the page. */
export type Overlay =
  | { kind: "new"; from: TaskView | null }
  | { kind: "edit" | "retry"; task: TaskView }
  | { kind: "palette"; compareWith: number | null }
  | { kind: "help" }
  | { kind: "setup" }
  | { kind: "landing" | "elsewhere"; open: OpenTask }
  | { kind: "ask" } & Question;

/** What is asked before something that is not easily taken back. */
export interface Question {
  title: string;
  /** What happens. */
  text: string;
  /** The word on the button. */
  action: string;
  /** False when it could not be done; the page says why. */
  run(): Promise<boolean>;
}

export interface Toast {
  id: number;
  tone: "done" | "fail";
  text: string;
  /** Where it leads. */
  task: number | null;
}

export interface Store {
  readonly page: PageData;
  readonly locale: Locale;
  /** ms since 1970; moves once a second. */
  readonly now: Signal<number>;
  readonly health: Signal<Health>;
  readonly connection: Signal<ConnectionStatus>;
  readonly board: Signal<BoardState | null>;
  readonly filter: Signal<BoardFilter>;
  readonly columns: ReadonlySignal<Columns | null>;
  /** The task in the drawer or on the page. */
  readonly open: Signal<OpenTask | null>;
  /** The card that the keys act on. */
  readonly selected: Signal<number | null>;
  readonly overlay: Signal<Overlay | null>;
  readonly toasts: Signal<Toast[]>;
  readonly theme: Signal<Theme | null>;
  /** Has Markdown read; opens nothing before it is asked. */
  readonly markdown: MarkdownReader;
  /** Has code coloured; opens nothing before it is asked. */
  readonly highlighter: Highlighter;
  /** False on the server and until the page has come to life. */
  readonly alive: Signal<boolean>;
}

export function createStore(page: PageData): Store {
  const board = signal(page.board && boardState(page.board));
  const filter = signal(page.filter);
  const now = signal(page.now);
  return {
    page,
    locale: page.locale,
    now,
    health: signal(page.health),
    connection: signal<ConnectionStatus>("connecting"),
    board,
    filter,
    columns: computed(() => board.value && columnsOf(board.value, filter.value)),
    open: signal(page.task && new OpenTask(page.task, now)),
    selected: signal(page.task?.task.id ?? null),
    overlay: signal<Overlay | null>(null),
    toasts: signal<Toast[]>([]),
    theme: signal(page.theme),
    markdown: new MarkdownReader({ open: () => new Worker(page.markdownWorker, { type: "module" }) }),
    highlighter: new Highlighter({ open: () => new Worker(page.highlightWorker, { type: "module" }) }),
    alive: signal(false),
  };
}

export const StoreContext = createContext<Store | null>(null);

export function useStore(): Store {
  const store = useContext(StoreContext);
  if (!store) throw new Error("No store around this component");
  return store;
}
