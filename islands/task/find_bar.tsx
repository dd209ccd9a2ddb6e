// Finds a text in the open task: in what its transcript and its events say, or in its raw log.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { bytes, whole } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import { Time } from "../parts/time.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { openFind, stepFind } from "./find_actions.ts";

/** Beside the tabs. */
export function FindButton({ open }: { open: OpenTask }) {
  const store = useStore();
  if (open.isRecorded) return null;
  return (
    <button
      type="button"
      class="quiet small find-button"
      aria-expanded={open.find.isOpen.value}
      aria-label="Find in this task"
      title="Find in this task (f)"
      disabled={store.asleep}
      onClick={() => open.find.isOpen.peek() ? open.find.close() : openFind(open)}
    >
      <Icon name="search" />
    </button>
  );
}

export function FindBar({ open }: { open: OpenTask }) {
  const store = useStore();
  const field = useRef<HTMLInputElement>(null);
  const { find } = open;
  const where = open.tab.value === "log" ? "log" : "events";
  const isOpen = find.isOpen.value;
  // At once: a key typed right after belongs to the field.
  useLayoutEffect(() => {
    if (isOpen) field.current?.focus();
  }, [isOpen]);
  useEffect(() => {
    if (isOpen && find.q.peek() !== "" && find.where.peek() !== where) void find.look(find.q.peek(), where);
  }, [where]);
  if (!isOpen) return null;
  const { length } = find.hits.value;
  const step = (by: 1 | -1) => void stepFind(store, open, by);
  return (
    <search class="find-bar">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          step(1);
        }}
      >
        <Icon name="search" />
        <input
          ref={field}
          type="search"
          id="find"
          aria-label={where === "log" ? "Find in the log" : "Find in transcript and events"}
          placeholder={where === "log" ? "Find in the log" : "Find in transcript and events"}
          autocomplete="off"
          maxLength={200}
          value={find.q.value}
          onInput={(event) => void find.look(event.currentTarget.value, where)}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              event.preventDefault();
              event.stopPropagation();
              find.close();
            }
            if (event.key === "Enter" && event.shiftKey) {
              event.preventDefault();
              step(-1);
            }
          }}
        />
        <span class="find-count num" role="status">{countWords(open)}</span>
        <button
          type="button"
          class="quiet icon-only"
          aria-label="Hit before (N)"
          title="Hit before (N)"
          disabled={length === 0}
          onClick={() => step(-1)}
        >
          <Icon name="up" />
        </button>
        <button
          type="submit"
          class="quiet icon-only"
          aria-label="Next hit (n)"
          title="Next hit (n)"
          disabled={length === 0}
        >
          <Icon name="down" />
        </button>
        <button
          type="button"
          class="quiet icon-only"
          aria-label="Close the search"
          onClick={() => find.close()}
        >
          <Icon name="close" />
        </button>
      </form>
      <Progress open={open} />
      <CurrentHit open={open} />
    </search>
  );
}

function countWords({ find }: OpenTask): string {
  const { length } = find.hits.value;
  const { isBusy, isWhole } = find.progress.value;
  if (find.q.value.trim() === "") return "";
  if (length === 0) return isBusy || !isWhole ? "" : "nothing found";
  const more = isWhole ? "" : "+";
  return find.current.value < 0 ? `${length}${more} found` : `${find.current.value + 1} of ${length}${more}`;
}

/** How far a long search has come. */
function Progress({ open }: { open: OpenTask }) {
  const { locale } = useStore();
  const { find } = open;
  const { searched, isBusy, isWhole, error } = find.progress.value;
  if (error !== null) return <p class="find-note tone-fail">{error}</p>;
  if (isWhole || (searched === 0 && !isBusy)) return null;
  const words = find.where.value === "log"
    ? `Searched ${bytes(searched)} of the log`
    : `Searched up to event ${whole(searched, locale)} of ${whole(open.head.value, locale)}`;
  return <p class="find-note muted num">{words}{isBusy ? "…" : "; the next hit goes on"}</p>;
}

function CurrentHit({ open }: { open: OpenTask }) {
  const { locale } = useStore();
  const hit = open.find.hits.value[open.find.current.value];
  if (!hit) return null;
  return (
    <p class="find-hit">
      <span class="num muted">
        {hit.type === null ? `line ${whole(hit.place, locale)}` : `event ${whole(hit.place, locale)}`}
      </span>
      {hit.type && <span class="mono muted">{hit.type}</span>}
      {hit.at && <Time at={hit.at} />}
      <bdi class="mono">{hit.text}</bdi>
    </p>
  );
}
