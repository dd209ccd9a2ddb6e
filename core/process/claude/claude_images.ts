// The images in what a tool answered, as claude's lines carry them.

import { Buffer } from "node:buffer";
import { lineSplitter } from "./line_splitter.ts";
import { isObject, type JsonObject, objectOf, stringOf } from "./json_value.ts";

/** An image, decoded. */
export interface StoredImage {
  media_type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** What a browser shows and cannot run. */
const shown = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** The images of a `tool_result` block, in their order; `data` is base64. */
export function resultImages(block: JsonObject): { media_type: string; data: string }[] {
  if (!Array.isArray(block.content)) return [];
  return block.content.filter(isObject).flatMap((part) => {
    const source = objectOf(part.source);
    const [media_type, data] = [stringOf(source.media_type), stringOf(source.data)];
    return part.type === "image" && shown.includes(media_type) && data !== "" ? [{ media_type, data }] : [];
  });
}

/**
 * Image `index` of what call `call` was answered with, in a raw log; null when it is not there. The log is read up to it, a
 * line at a time, and closed.
 */
export async function imageInLog(
  log: ReadableStream<Uint8Array>,
  { call, index }: { call: string; index: number },
): Promise<StoredImage | null> {
  const splitter = lineSplitter();
  for await (const chunk of log) {
    for (const { bytes, whole } of splitter.push(chunk)) {
      const image = whole ? imageInLine(bytes, call)[index] : undefined;
      if (image) return decoded(image);
    }
  }
  return null;
}

/** Most lines are of something else: they are passed over without being decoded. */
function imageInLine(line: Uint8Array, call: string): { media_type: string; data: string }[] {
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  if (!text.includes('"image"') || !text.includes(JSON.stringify(call))) return [];
  try {
    const { content } = objectOf(objectOf(JSON.parse(text.toString("utf8"))).message);
    if (!Array.isArray(content)) return [];
    const block = content.filter(isObject).find((one) => stringOf(one.tool_use_id) === call);
    return block ? resultImages(block) : [];
  } catch {
    return [];
  }
}

function decoded({ media_type, data }: { media_type: string; data: string }): StoredImage | null {
  try {
    return { media_type, bytes: Uint8Array.fromBase64(data) };
  } catch {
    return null;
  }
}
