// Brings a page to life: reads its data, hydrates its islands, then listens.

import "./loaded/shared.ts";
import { hydrate } from "preact";
import { showUrl } from "./state/actions.ts";
import type { LazyPart } from "./parts/lazy.tsx";
import { lazyIslands } from "./lazy_islands.ts";
import { dialogs } from "./overlay/overlays.tsx";
import { startBoardSearch } from "./state/board_search.ts";
import { rememberChoice } from "./state/choices.ts";
import { startKeys } from "./overlay/keys.ts";
import { startNotifications } from "./notify/notifications.ts";
import { startLive } from "./stream/live.ts";
import type { PageData } from "./state/page_data.ts";
import { createStore, StoreContext } from "./state/store.ts";
import { tabViews } from "./task/tab_views.ts";
import { taskDrawer } from "./task/lazy_drawer.ts";
import { startTitle } from "./parts/title.ts";

const page: PageData = JSON.parse(document.querySelector("#page-data")?.textContent ?? "null");
// The clock of the page is the server's, which may differ from this machine's.
const ahead = page.now - Date.now();
const store = createStore(page);

const islands = [...document.querySelectorAll<HTMLElement>("[data-island]")]
  .map((element) => ({ element, part: lazyIslands[element.dataset.island ?? ""] }));
const late = [...islands.map(({ part }) => part), ...partsOfOpen()].filter((part) => part && !part.component());
// To wait, be it for nothing, lets the browser draw the page once more before it is alive.
if (late.length > 0) await Promise.all(late.map((part) => part?.load()));
for (const { element, part } of islands) {
  if (!part) continue;
  const { View } = part;
  hydrate(
    <StoreContext.Provider value={store}>
      <View />
    </StoreContext.Provider>,
    element,
  );
}
store.asleep.value = false;
document.documentElement.dataset.alive = "";
setInterval(() => store.now.value = Date.now() + ahead, 1_000);
addEventListener("popstate", () => void showUrl(store));
startKeys(store);
if (page.kind === "board") startBoardSearch(store);
const whenIdle = globalThis.requestIdleCallback ?? setTimeout;
// What is drawn is seen first: what happens meanwhile is told by the stream, which goes on from where the page ends.
whenIdle(() => {
  startTitle(store);
  startNotifications(store);
  startLive(store);
}, { timeout: 500 });
// Not while somebody may already wait for what they asked.
setTimeout(() =>
  whenIdle(() => {
    followZone();
    if (page.kind === "board") void loadNext().catch(() => {});
  }), 1_000);

/** Only to ask for it takes a browser as long as to draw some hundred rows. */
function followZone(): void {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (!timeZone || timeZone === page.locale.zone) return;
  // The server prints the next page in it; this one is printed anew here.
  rememberChoice("zone", timeZone);
  store.zone.value = timeZone;
}

/** What is drawn of a task that is open already. */
function partsOfOpen(): Pick<LazyPart<never>, "component" | "load">[] {
  const open = store.open.peek();
  return open ? [tabViews[open.tab.peek()], ...(page.kind === "board" ? [taskDrawer] : [])] : [];
}

/** Nearly all begins on the board: what people reach for there is there at once. Rejects when the service is away. */
async function loadNext(): Promise<void> {
  await Promise.all([dialogs.load(), taskDrawer.load(), tabViews.transcript.load()]);
}
