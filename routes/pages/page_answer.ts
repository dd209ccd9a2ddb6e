// A page as an answer: the document with the data its islands start from, and its headers.
//
// Content-Security-Policy: scripts, styles, fonts, connections and workers from this origin only, nothing inline; pictures also
// as data (the favicon with its count). The JSON in a page is data, not a script. No nonce is needed.

import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { ComponentChildren } from "preact";
import type { Service } from "../../core/engine/service/service.ts";
import { type ColumnName, columnNames } from "../../core/view/board_view.ts";
import { type Locale, usableLocale } from "../../core/view/format.ts";
import { loadAllParts } from "../../islands/parts/lazy.tsx";
import type { PageData, Tab, Theme } from "../../islands/state/page_data.ts";
import { noFilter } from "../../core/view/task_state.ts";
import { problemOf } from "../api/error_response.ts";
import { takesGzip } from "../guard/compression.ts";
import type { Assets } from "./assets.ts";
import { errorPage } from "./error_page.tsx";

export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "manifest-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** What draws a page is a quarter of all our files: it is there when the first page is asked for, not before we listen. */
async function pageDocument() {
  const document = await import("./page_document.tsx");
  await loadAllParts();
  return document;
}

type Parts = Partial<PageData> & Pick<PageData, "kind">;

export interface Answer {
  /** Answers with a page of a kind and what it shows. `content`: the middle of one that no island has. */
  (parts: Parts, status?: 200 | 404, content?: (locale: Locale) => ComponentChildren): Promise<Response>;
  /**
   * The same for a page whose parts take long to read: the headers go out at once, with what a browser can make ready
   * meanwhile. It is a 200 then, also where reading fails: the page says so.
   */
  ahead(known: { kind: PageData["kind"]; tab: Tab | null }, parts: Promise<Parts>): Promise<Response>;
}

/** Called before anything of a page is read: what happens from then on comes to it by the stream. */
export type BeginPage = (c: Context) => Answer;

export function pageAnswers({ service, assets, warn }: {
  service: Pick<Service, "cursor" | "health">;
  assets: Pick<Assets, "urls" | "scripts">;
  warn(message: string, error: unknown): void;
}): BeginPage {
  return (c) => {
    const cursor = service.cursor();

    async function draw(parts: Parts, content?: (locale: Locale) => ComponentChildren): Promise<string> {
      const locale = localeOf(c);
      const written: Record<string, string> = {};
      const data: PageData = {
        cursor,
        board: null,
        filter: noFilter,
        found: null,
        task: null,
        repositories: null,
        workers: null,
        schedules: null,
        webhooks: null,
        github: null,
        settings: null,
        comparison: null,
        health: await service.health(),
        // What is drawn here is drawn again by the islands, from the same words.
        locale: { ...locale, written, note: (key, words) => void (written[key] = words) },
        theme: themeOf(c),
        folded: foldedOf(c),
        now: Date.now(),
        streamWorker: assets.urls.worker,
        markdownWorker: assets.urls.markdown,
        highlightWorker: assets.urls.highlight,
        ...parts,
      };
      const { renderPage } = await pageDocument();
      return renderPage(data, assets, content?.(locale));
    }

    async function drawLate(parts: Promise<Parts>): Promise<string> {
      try {
        return await draw(await parts);
      } catch (error) {
        const problem = problemOf(error, (cause) => warn(`${c.req.method} ${c.req.path} failed`, cause));
        return await (await errorPage(c, problem, { stylesheet: assets.urls.style })).text();
      }
    }

    async function answer(...[parts, status = 200, content]: Parameters<Answer>): Promise<Response> {
      return c.html(await draw(parts, content), status, pageHeaders);
    }

    async function ahead(...[known, parts]: Parameters<Answer["ahead"]>): Promise<Response> {
      const html = drawLate(parts);
      const { loadedBy } = await pageDocument();
      const isGzip = takesGzip(c.req.header("accept-encoding"));
      const body = streamOf(html);
      return c.body(isGzip ? body.pipeThrough(new CompressionStream("gzip")) : body, 200, {
        ...pageHeaders,
        "Content-Type": "text/html; charset=UTF-8",
        ...(isGzip && { "Content-Encoding": "gzip", "Vary": "Accept-Encoding" }),
        "Link": loadedBy(known, assets).join(", "),
      });
    }

    return Object.assign(answer, { ahead });
  };
}

const pageHeaders = {
  "Content-Security-Policy": pagePolicy,
  "Cache-Control": "no-store",
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Opener-Policy": "same-origin",
};

function streamOf(text: Promise<string>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      controller.enqueue(new TextEncoder().encode(await text));
      controller.close();
    },
  });
}

function localeOf(c: Context): Locale {
  const tag = c.req.header("Accept-Language")?.split(/[,;]/)[0]?.trim();
  return usableLocale(tag, getCookie(c, "coder_zone"));
}

function foldedOf(c: Context): ColumnName[] {
  const names = getCookie(c, "coder_folded")?.split(".") ?? [];
  return columnNames.filter((name) => names.includes(name));
}

function themeOf(c: Context): Theme | null {
  const theme = getCookie(c, "coder_theme");
  return theme === "light" || theme === "dark" ? theme : null;
}
