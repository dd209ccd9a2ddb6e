// The state of one page as signals, shared by its islands. The server makes one for each request, the browser one in all.

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { TaskView } from "../../core/view/task_view.ts";
import type { Health } from "../../core/view/api_view.ts";
import type { ColumnName } from "../../core/view/board_view.ts";
import { type BoardState, boardState, type Columns, columnsOf, repositoriesOf } from "./board_state.ts";
import { dayOf, type Locale } from "../../core/view/format.ts";
import { Highlighter } from "../code/highlighter.ts";
import { MarkdownReader } from "../parts/markdown_reader.ts";
import type { PageData, Theme } from "./page_data.ts";
import type { ConnectionStatus } from "../stream/stream_hub.ts";
import { type BoardSearch, noSearch, searchWith } from "./search_result.ts";
import type { BoardFilter } from "../../core/view/task_state.ts";
import { OpenTask } from "./open_task.ts";

/** What lies over the page. */
export type Overlay =
  | { kind: "new"; from: TaskView | null }
  | { kind: "edit" | "retry"; task: TaskView }
  | { kind: "palette"; compareWith: number | null }
  | { kind: "help" }
  | { kind: "setup" }
  | { kind: "landing" | "elsewhere"; open: OpenTask }
  /** A new task that goes on from an event. */
  | { kind: "fork"; open: OpenTask; at: number }
  | { kind: "ask" } & Question
  /** What was asked of many tasks, and who refused it. */
  | { kind: "refused"; title: string; refusals: { id: number; reason: string }[] }
  /** Other tags for a task. */
  | { kind: "tags"; task: TaskView }
  /** Another priority for tasks. */
  | { kind: "priority"; ids: number[]; priority: number };

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
  /** What can be done about it as long as it is shown. */
  action?: { word: string; run(): void | Promise<void> };
  /** How long it is shown, ms; without it, as its tone says. */
  forMs?: number;
}

export interface Store {
  readonly page: PageData;
  /** How the page prints; follows `zone`. */
  readonly locale: Locale;
  /** The reader's zone, where it is known to be another than the page came with. */
  readonly zone: Signal<string>;
  /** ms since 1970; moves once a second. */
  readonly now: Signal<number>;
  /** The day that it is, in words; changes at the reader's midnight. */
  readonly today: ReadonlySignal<string>;
  readonly health: Signal<Health>;
  readonly connection: Signal<ConnectionStatus>;
  readonly board: Signal<BoardState | null>;
  readonly filter: Signal<BoardFilter>;
  readonly columns: ReadonlySignal<Columns | null>;
  /** Whether there are several: this worker's, and those of the board's tasks, which may be of others or removed. */
  readonly hasRepositories: ReadonlySignal<boolean>;
  /** What the service found for the filter. */
  readonly search: Signal<BoardSearch>;
  /** Whether the choices of the filter are shown though none is made. */
  readonly filtering: Signal<boolean>;
  /** The task in the drawer or on the page. */
  readonly open: Signal<OpenTask | null>;
  /** The card that the keys act on. */
  readonly selected: Signal<number | null>;
  /** The cards that were picked, for one command to all of them. */
  readonly picked: Signal<ReadonlySet<number>>;
  /** The card whose menu is open. */
  readonly menu: Signal<number | null>;
  readonly overlay: Signal<Overlay | null>;
  readonly toasts: Signal<Toast[]>;
  readonly theme: Signal<Theme | null>;
  /** The columns that are folded away. */
  readonly folded: Signal<ReadonlySet<ColumnName>>;
  /** Has Markdown read; opens nothing before it is asked. */
  readonly markdown: MarkdownReader;
  /** Has code coloured; opens nothing before it is asked. */
  readonly highlighter: Highlighter;
  /**
   * True on the server and until the page has come to life: what is `disabled` by the signal itself, not by its value, changes
   * then without its component being drawn again. In an expression its value counts.
   */
  readonly asleep: Signal<boolean>;
}

export function createStore(page: PageData): Store {
  const board = signal(page.board && boardState(page.board));
  const filter = signal(page.filter);
  const health = signal(page.health);
  const now = signal(page.now);
  const zone = signal(page.locale.zone);
  const locale = computed(() =>
    zone.value === page.locale.zone ? page.locale : { tag: page.locale.tag, zone: zone.value }
  );
  const search = signal(page.found ? searchWith(noSearch, page.found) : noSearch);
  return {
    page,
    get locale() {
      return locale.value;
    },
    zone,
    now,
    today: computed(() => dayOf(new Date(now.value), locale.value)),
    health,
    connection: signal<ConnectionStatus>("connecting"),
    board,
    filter,
    columns: computed(() => board.value && columnsOf(board.value, filter.value, search.value.found)),
    hasRepositories: computed(() => repositoriesOf(board.value, health.value).size > 1),
    search,
    filtering: signal(false),
    open: signal(page.task && new OpenTask(page.task, now)),
    selected: signal(page.task?.task.id ?? null),
    picked: signal(new Set()),
    menu: signal(null),
    overlay: signal<Overlay | null>(null),
    toasts: signal<Toast[]>([]),
    theme: signal(page.theme),
    folded: signal(new Set(page.folded)),
    markdown: new MarkdownReader({ open: () => new Worker(page.markdownWorker, { type: "module" }) }),
    highlighter: new Highlighter({ open: () => new Worker(page.highlightWorker, { type: "module" }) }),
    asleep: signal(true),
  };
}

export const StoreContext = createContext<Store | null>(null);

export function useStore(): Store {
  const store = useContext(StoreContext);
  if (!store) throw new Error("No store around this component");
  return store;
}
