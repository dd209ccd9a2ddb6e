// How a file of somebody's work is handed to a browser: as an image, as text, or as bytes; never as a page.

/** An agent or its tools made it: nothing in it may run, wherever it is opened. */
export const inertHeaders = {
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  "x-content-type-options": "nosniff",
};

const images: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  svg: "image/svg+xml",
};

export function contentType(path: string, bytes: Uint8Array): string {
  const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  const image = Object.hasOwn(images, ending) ? images[ending] : undefined;
  if (image !== undefined) return image;
  return isText(bytes) ? "text/plain; charset=utf-8" : "application/octet-stream";
}

function isText(bytes: Uint8Array): boolean {
  if (bytes.subarray(0, 8_000).includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
