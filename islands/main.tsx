// Brings a page to life: reads its data, hydrates its islands, then listens.

import "./loaded/shared.ts";
import { hydrate } from "preact";
import { showUrl } from "./state/actions.ts";
import { lazyIslands } from "./lazy_islands.ts";
import { dialogs } from "./overlay/overlays.tsx";
import { startBoardSearch } from "./state/board_search.ts";
import { startKeys } from "./overlay/keys.ts";
import { startNotifications } from "./notify/notifications.ts";
import { startLive } from "./stream/live.ts";
import type { PageData } from "./state/page_data.ts";
import { createStore, StoreContext } from "./state/store.ts";
import { loadTab } from "./task/tab_views.ts";
import { taskDrawer } from "./task/lazy_drawer.ts";
import { startTitle } from "./parts/title.ts";

const page: PageData = JSON.parse(document.querySelector("#page-data")?.textContent ?? "null");
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
if (timeZone && timeZone !== page.locale.zone) {
  // The server prints the next page in it; this one is printed anew here.
  document.cookie = `coder_zone=${timeZone}; path=/; max-age=31536000; samesite=strict`;
  page.locale = { ...page.locale, zone: timeZone };
}
// The clock of the page is the server's, which may differ from this machine's.
const ahead = page.now - Date.now();
const store = createStore(page);

const elements = [...document.querySelectorAll<HTMLElement>("[data-island]")];
const [components] = await Promise.all([
  Promise.all(elements.map(({ dataset }) => lazyIslands[dataset.island ?? ""]?.())),
  loadOpen(),
]);
for (const [index, element] of elements.entries()) {
  const Component = components[index];
  if (!Component) continue;
  hydrate(
    <StoreContext.Provider value={store}>
      <Component />
    </StoreContext.Provider>,
    element,
  );
}
store.alive.value = true;
document.documentElement.dataset.alive = "";
setInterval(() => store.now.value = Date.now() + ahead, 1_000);
addEventListener("popstate", () => void showUrl(store));
startKeys(store);
if (page.kind === "board") startBoardSearch(store);
startTitle(store);
startNotifications(store);
startLive(store);
// Not before all else is done: what people reach for next is then there at once.
(globalThis.requestIdleCallback ?? setTimeout)(() => void loadNext().catch(() => {}));

/** What is drawn of a task that is open already. */
async function loadOpen(): Promise<void> {
  const open = store.open.peek();
  if (open) await Promise.all([loadTab(open.tab.peek()), page.kind === "board" && taskDrawer.load()]);
}

/** Rejects when the service is away; then it is loaded when it is asked for. */
async function loadNext(): Promise<void> {
  await dialogs.load();
  if (page.kind === "board") await Promise.all([taskDrawer.load(), loadTab("transcript")]);
}
