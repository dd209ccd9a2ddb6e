// What the service finds for the board's filter: its answers come a part at a time, and the board shows each as it comes.

import { effect } from "@preact/signals";
import { api } from "../stream/api.ts";
import { complain } from "./actions.ts";
import { withOlder } from "./board_state.ts";
import { noSearch, queryOf, searchWith } from "./search_result.ts";
import type { Store } from "./store.ts";
import { isFiltered } from "../../core/view/task_state.ts";

/** Tasks found after which it waits to be told to go on. */
const foundAtOnce = 200;
const typingMs = 150;

let searching: AbortController | undefined;

/** Searches whenever the filter changes, whoever changes it. */
export function startBoardSearch(store: Store): void {
  // The page came with what the service found first.
  let isFirst = true;
  effect(() => {
    const filter = store.filter.value;
    searching?.abort();
    if (!isFirst) store.search.value = noSearch;
    const isLeft = isFirst ? store.search.peek().next !== null : isFiltered(filter);
    if (isLeft) void search(store, { waitMs: isFirst ? 0 : typingMs });
    isFirst = false;
  });
}

/** Goes on where the search has stopped. */
export async function searchOn(store: Store): Promise<void> {
  await search(store, { waitMs: 0 });
}

async function search(store: Store, { waitMs }: { waitMs: number }): Promise<void> {
  searching?.abort();
  const { signal } = searching = new AbortController();
  store.search.value = { ...store.search.peek(), busy: true };
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  try {
    const query = queryOf(store.filter.peek());
    let cursor = store.search.peek().next;
    for (let found = 0; found < foundAtOnce && !signal.aborted;) {
      const page = await api.list({ ...query, limit: "200", ...(cursor !== null && { cursor }) }, signal);
      const board = store.board.peek();
      if (!board || signal.aborted) return;
      store.board.value = withOlder(board, page.tasks);
      store.search.value = searchWith(store.search.peek(), { ...page, ids: page.tasks.map(({ id }) => id) });
      found += page.tasks.length;
      cursor = page.next;
      if (cursor === null) break;
    }
  } catch (error) {
    if (!signal.aborted) complain(store, error);
  } finally {
    if (!signal.aborted) store.search.value = { ...store.search.peek(), busy: false };
  }
}
