// What a browser is shown where a page could not be made.

import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Problem } from "../api/error_response.ts";
import { plainPage } from "./plain_page.tsx";

export async function errorPage(
  c: Context,
  { status, title, detail }: Problem,
  { stylesheet }: { stylesheet: string | null },
): Promise<Response> {
  const children = (
    <>
      <h1>{title}</h1>
      <p>{detail}</p>
      <p class="muted">Reload this page to try again.</p>
      <p>
        <a class="button" href="/">Go to the board</a>
      </p>
    </>
  );
  return await plainPage(c, status as ContentfulStatusCode, { title, stylesheet, children });
}
