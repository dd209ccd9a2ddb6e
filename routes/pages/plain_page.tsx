// A page of words without a script, where nothing can be asked of the service: the way in, and an error.

import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ComponentChildren } from "preact";
import { renderToString } from "preact-render-to-string";

const policy =
  "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

interface PlainPage {
  title: string;
  /** The address of the site's stylesheet. */
  stylesheet: string | null;
  children: ComponentChildren;
}

export async function plainPage(c: Context, status: ContentfulStatusCode, page: PlainPage): Promise<Response> {
  return await c.html(`<!doctype html>${renderToString(<Document {...page} />)}`, status, {
    "content-security-policy": policy,
    "cache-control": "no-store",
    // "no-referrer" would make the browser send a form with `Origin: null`.
    "referrer-policy": "same-origin",
  });
}

function Document({ title, stylesheet, children }: PlainPage) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Personal Coder`}</title>
        {stylesheet && <link rel="stylesheet" href={stylesheet} />}
      </head>
      <body class="page-plain">
        <main id="main" class="form-page">{children}</main>
      </body>
    </html>
  );
}
