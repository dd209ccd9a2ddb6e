// A whole page as HTML: drawn on the server with the islands' own components, readable without JavaScript.

import type { ComponentType } from "preact";
import { renderToString } from "preact-render-to-string";
import { Island } from "../../islands/parts/island.tsx";
import { islands } from "../../islands/islands.ts";
import type { PageData } from "../../islands/state/page_data.ts";
import { createStore, type Store } from "../../islands/state/store.ts";
import { sampleId } from "../../islands/state/location.ts";
import { iconSvg } from "../../islands/parts/title.ts";
import type { Assets } from "./assets.ts";
import { IconSprite } from "./page_icons.tsx";

const bodies: Record<PageData["kind"], string | null> = {
  board: "task_board",
  task: "task_page",
  new: "new_task",
  repositories: "repositories",
  compare: "compare",
  missing: null,
};

export function renderPage(page: PageData, { urls }: Pick<Assets, "urls">): string {
  const store = createStore(page);
  return `<!doctype html>${renderToString(<Document page={page} store={store} urls={urls} />)}`;
}

function Document({ page, store, urls }: { page: PageData; store: Store; urls: Assets["urls"] }) {
  const body = bodies[page.kind];
  return (
    <html lang="en" data-theme={page.theme ?? undefined}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{titleOf(page)}</title>
        <link rel="icon" type="image/svg+xml" href={`data:image/svg+xml,${encodeURIComponent(iconSvg(0))}`} />
        <link rel="stylesheet" href={urls.style} />
        <script type="module" src={urls.script} />
      </head>
      <body class={`page-${page.kind}`}>
        <IconSprite />
        <PageIsland name="top_bar" store={store} />
        {body ? <PageIsland name={body} store={store} /> : <Missing />}
        <PageIsland name="overlays" store={store} />
        <script id="page-data" type="application/json" dangerouslySetInnerHTML={{ __html: jsonInHtml(page) }} />
      </body>
    </html>
  );
}

function PageIsland({ name, store }: { name: string; store: Store }) {
  return <Island name={name} store={store} component={islands[name] as ComponentType} />;
}

function Missing() {
  return (
    <main id="main" class="form-page">
      <h1>There is no such task</h1>
      <p class="muted">It may be on another store, or the address is not complete.</p>
      <p>
        <a class="button" href="/">Go to the board</a>
      </p>
    </main>
  );
}

function titleOf(page: PageData): string {
  const count = page.board?.counts.needs_you ?? 0;
  const name = page.task
    ? `${page.task.task.id === sampleId ? "Sample" : `#${page.task.task.id}`} ${page.task.task.title} · Personal Coder`
    : page.kind === "repositories"
    ? "Repositories · Personal Coder"
    : page.comparison
    ? `#${page.comparison.a.task} and #${page.comparison.b.task} compared · Personal Coder`
    : "Personal Coder";
  return count > 0 ? `(${count}) ${name}` : name;
}

/** JSON that cannot end its script element, whatever text is in it. */
export function jsonInHtml(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll(
    "\u2029",
    "\\u2029",
  );
}
