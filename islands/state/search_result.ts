// What the service has found for the board's filter so far. Pure.

import type { SearchHit } from "../../core/view/api_view.ts";
import type { BoardFilter } from "../../core/view/task_state.ts";

export interface BoardSearch {
  /** Tasks that the service found; what of them is on the page may not show why. */
  found: ReadonlySet<number>;
  /** Where the words are, by task. */
  hits: ReadonlyMap<number, SearchHit>;
  /** Where it goes on: only tasks below this number are left to be searched. Null: none. */
  next: string | null;
  busy: boolean;
}

/** One part of it. */
export interface FoundPart {
  ids: number[];
  hits: SearchHit[];
  next: string | null;
}

export const noSearch: BoardSearch = { found: new Set(), hits: new Map(), next: null, busy: false };

export function searchWith(search: BoardSearch, { ids, hits, next }: FoundPart): BoardSearch {
  return {
    found: new Set([...search.found, ...ids]),
    hits: new Map([...search.hits, ...hits.map((hit): [number, SearchHit] => [hit.id, hit])]),
    next,
    busy: search.busy,
  };
}

/** The filter as a query of the API. */
export function queryOf(filter: BoardFilter): Record<string, string> {
  const query: Record<string, string> = {};
  if (filter.q.trim() !== "") query.q = filter.q.trim();
  for (const name of ["status", "repo", "outcome", "label"] as const) {
    const value = filter[name];
    if (value !== null) query[name] = value;
  }
  return query;
}
