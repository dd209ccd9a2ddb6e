// What the pages are made of besides their HTML, from our own files: scripts, the stylesheet, the type face, icons and the
// manifest. Every name carries a hash of its content, so that a browser keeps a file for ever and never runs an old one.

import { Hono } from "hono";
import { join } from "@std/path";

interface Asset {
  body: Uint8Array<ArrayBuffer>;
  /** Compressed once, for the first who asks; null: it is compressed as it is. */
  gzip: (() => Promise<Uint8Array<ArrayBuffer>>) | null;
  type: string;
}

const types = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  webmanifest: "application/manifest+json; charset=utf-8",
  woff2: "font/woff2",
  png: "image/png",
};
const packed: readonly string[] = ["woff2", "png"];

export interface Script {
  url: string;
  imports: readonly string[];
}

export interface Assets {
  /** Addresses to put into pages. */
  urls: {
    script: string;
    style: string;
    worker: string;
    markdown: string;
    highlight: string;
    font: string;
    /** For an icon on a home screen. */
    touchIcon: string;
    manifest: string;
  };
  /** The script (`main`) and each part beside it (islands/loaded), with the addresses of all that it imports at once. */
  scripts: ReadonlyMap<string, Script>;
  /** By file name, such as `main.1a2b3c4d.js`. */
  files: ReadonlyMap<string, Asset>;
}

/**
 * Reads what `ensureIslands` made.
 * @param dist the folder with its output
 * @throws when a file is missing: the islands were not built
 */
export async function loadAssets({ dist }: { dist: string }): Promise<Assets> {
  const files = new Map<string, Asset>();
  const put = async (name: string, kind: keyof typeof types, body: Uint8Array<ArrayBuffer>) => {
    const hashed = `${name}.${await hashOf(body)}.${kind}`;
    files.set(hashed, { body, gzip: packed.includes(kind) ? null : once(() => gzip(body)), type: types[kind] });
    return `/assets/${hashed}`;
  };
  const add = async (name: string, kind: keyof typeof types) =>
    await put(name, kind, await Deno.readFile(join(dist, `${name}.${kind}`)));
  const font = await add("inter", "woff2");
  const icons = {
    "icon-192": await add("icon-192", "png"),
    "icon-512": await add("icon-512", "png"),
    "icon-full-192": await add("icon-full-192", "png"),
    "icon-full-512": await add("icon-full-512", "png"),
  };
  const style = await Deno.readTextFile(join(dist, "style.css"));
  const imports = new Map<string, string[]>();
  const addresses = new Map<string, string>();
  /** A program with the parts beside it, whose names carry a hash already, by which they find each other: `task-4AZDUD46.js`. */
  const program = async (folder: string, name: string) => {
    for await (const { name: file } of Deno.readDir(join(dist, folder))) {
      const body = await Deno.readFile(join(dist, folder, file));
      imports.set(file, importsOf(new TextDecoder().decode(body)));
      if (file !== `${name}.js`) files.set(file, { body, gzip: once(() => gzip(body)), type: types.js });
      addresses.set(file, file === `${name}.js` ? await put(name, "js", body) : `/assets/${file}`);
    }
    const address = addresses.get(`${name}.js`);
    if (address === undefined) throw new Error(`The islands are not built: ${folder}/${name}.js is missing`);
    return address;
  };
  return {
    urls: {
      script: await program("page", "main"),
      worker: await program("stream", "stream_worker"),
      markdown: await program("markdown", "markdown_worker"),
      highlight: await program("highlight", "highlight_worker"),
      // The sheet names the type face as the file that it is in our sources.
      style: await put("style", "css", encoded(style.replaceAll("inter.woff2", font))),
      font,
      touchIcon: icons["icon-full-192"],
      manifest: await put("manifest", "webmanifest", encoded(JSON.stringify(manifestOf(icons)))),
    },
    scripts: partsOf(imports, addresses),
    files,
  };
}

/** Of a bundled script, those it cannot begin without. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/\b(?:from|import)\s*"\.\/([\w.-]+)"/g)].map(([, name]) => name!);
}

/** By the names of the parts, without their hashes. */
function partsOf(
  imports: ReadonlyMap<string, readonly string[]>,
  addresses: ReadonlyMap<string, string>,
): Map<string, Script> {
  const needs = (file: string, found = new Set<string>()): Set<string> => {
    for (const other of imports.get(file) ?? []) {
      if (!found.has(other)) needs(other, found.add(other));
    }
    return found;
  };
  return new Map([...imports.keys()].map((file) => {
    const script = { url: addresses.get(file)!, imports: [...needs(file)].map((one) => addresses.get(one)!) };
    return [file.replace(/(-[A-Z0-9]+)?\.js$/, ""), script];
  }));
}

/** Makes the pages installable; source: https://www.w3.org/TR/appmanifest/. */
function manifestOf(icons: Record<`icon-${"" | "full-"}${192 | 512}`, string>) {
  const icon = (size: 192 | 512, purpose: "any" | "maskable") => ({
    src: purpose === "any" ? icons[`icon-${size}`] : icons[`icon-full-${size}`],
    sizes: `${size}x${size}`,
    type: "image/png",
    purpose,
  });
  return {
    // Its address changes with its content: this is what it is known by.
    id: "/",
    name: "Personal Coder",
    short_name: "Coder",
    start_url: "/",
    scope: "/",
    display: "standalone",
    background_color: "#f6f7f8",
    theme_color: "#2853c7",
    icons: [icon(192, "any"), icon(512, "any"), icon(192, "maskable"), icon(512, "maskable")],
  };
}

/** `GET /assets/{name}.{hash}.{js|css|...}`. */
export function assetRoutes({ files }: Assets): Hono {
  return new Hono().get("/assets/:file", async (c) => {
    const asset = files.get(c.req.param("file"));
    if (!asset) return c.text("Not found", 404);
    const zipped = c.req.header("Accept-Encoding")?.includes("gzip") ? await asset.gzip?.() : undefined;
    return c.body(zipped ?? asset.body, 200, {
      "Content-Type": asset.type,
      "Cache-Control": "public, max-age=31536000, immutable",
      "Vary": "Accept-Encoding",
      "X-Content-Type-Options": "nosniff",
      // A worker has the policy that its own script came with.
      "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'",
      ...(zipped && { "Content-Encoding": "gzip" }),
    });
  });
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

async function hashOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return [...digest.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function gzip(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
