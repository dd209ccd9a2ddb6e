// A page as an answer: the document with the data its islands start from, and its headers.
//
// Content-Security-Policy: scripts, styles, fonts, connections and workers from this origin only, nothing inline; pictures also
// as data (the favicon with its count). The JSON in a page is data, not a script. No nonce is needed.

import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { ComponentChildren } from "preact";
import type { Service } from "../../core/engine/service/service.ts";
import { type Locale, usableLocale } from "../../core/view/format.ts";
import { loadAllParts } from "../../islands/parts/lazy.tsx";
import type { PageData, Theme } from "../../islands/state/page_data.ts";
import { noFilter } from "../../core/view/task_state.ts";
import type { Assets } from "./assets.ts";

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

/** Answers with a page of a kind and what it shows. `content`: the middle of one that no island has. */
type Answer = (
  parts: Partial<PageData> & Pick<PageData, "kind">,
  status?: 200 | 404,
  content?: (locale: Locale) => ComponentChildren,
) => Promise<Response>;

/** Called before anything of a page is read: what happens from then on comes to it by the stream. */
export type BeginPage = (c: Context) => Answer;

export function pageAnswers(
  { service, assets }: { service: Pick<Service, "cursor" | "health">; assets: Pick<Assets, "urls" | "scripts"> },
): BeginPage {
  return (c) => {
    const cursor = service.cursor();
    return async (parts, status = 200, content) => {
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
        now: Date.now(),
        streamWorker: assets.urls.worker,
        markdownWorker: assets.urls.markdown,
        highlightWorker: assets.urls.highlight,
        ...parts,
      };
      const { renderPage } = await pageDocument();
      return c.html(renderPage(data, assets, content?.(locale)), status, {
        "Content-Security-Policy": pagePolicy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
      });
    };
  };
}

function localeOf(c: Context): Locale {
  const tag = c.req.header("Accept-Language")?.split(/[,;]/)[0]?.trim();
  return usableLocale(tag, getCookie(c, "coder_zone"));
}

function themeOf(c: Context): Theme | null {
  const theme = getCookie(c, "coder_theme");
  return theme === "light" || theme === "dark" ? theme : null;
}
