// The scripts and the stylesheet of the pages, from our own files. Every name carries a hash of its content, so that a
// browser keeps a file for ever and never runs an old one.

import { Hono } from "hono";
import { join } from "@std/path";

interface Asset {
  body: Uint8Array<ArrayBuffer>;
  gzip: Uint8Array<ArrayBuffer>;
  type: string;
}

export interface Assets {
  /** Addresses to put into pages. */
  urls: { script: string; style: string; worker: string; markdown: string; highlight: string };
  /** By file name, such as `main.1a2b3c4d.js`. */
  files: ReadonlyMap<string, Asset>;
}

/**
 * Reads what `buildIslands` made.
 * @param dist the folder with its output
 * @throws when a file is missing: the islands were not built
 */
export async function loadAssets({ dist }: { dist: string }): Promise<Assets> {
  const files = new Map<string, Asset>();
  const add = async (path: string, name: string, kind: "js" | "css") => {
    const body = await Deno.readFile(path);
    const hashed = `${name}.${await hashOf(body)}.${kind}`;
    const type = kind === "js" ? "text/javascript; charset=utf-8" : "text/css; charset=utf-8";
    files.set(hashed, { body, gzip: await gzip(body), type });
    return `/assets/${hashed}`;
  };
  const script = await add(join(dist, "main.js"), "main", "js");
  const worker = await add(join(dist, "stream_worker.js"), "stream_worker", "js");
  const markdown = await add(join(dist, "markdown_worker.js"), "markdown_worker", "js");
  const highlight = await add(join(dist, "highlight_worker.js"), "highlight_worker", "js");
  const style = await add(join(dist, "style.css"), "style", "css");
  return { urls: { script, style, worker, markdown, highlight }, files };
}

/** `GET /assets/{name}.{hash}.js|css`. */
export function assetRoutes({ files }: Assets): Hono {
  return new Hono().get("/assets/:file", (c) => {
    const asset = files.get(c.req.param("file"));
    if (!asset) return c.text("Not found", 404);
    const zipped = c.req.header("Accept-Encoding")?.includes("gzip") ?? false;
    return c.body(zipped ? asset.gzip : asset.body, 200, {
      "Content-Type": asset.type,
      "Cache-Control": "public, max-age=31536000, immutable",
      "Vary": "Accept-Encoding",
      "X-Content-Type-Options": "nosniff",
      // A worker has the policy that its own script came with.
      "Content-Security-Policy": "default-src 'none'; connect-src 'self'",
      ...(zipped && { "Content-Encoding": "gzip" }),
    });
  });
}

async function hashOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return [...digest.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function gzip(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
