// The start of a long text, for a page to come with; its island reads the rest.

import { DomainError } from "../../core/domain/error.ts";
import type { TextStart } from "../../islands/state/page_data.ts";

/** The start of a stream as text; null when there is nothing to read, which the island then says. */
export async function startOf(opening: Promise<ReadableStream<Uint8Array>>, length: number): Promise<TextStart | null> {
  try {
    return await startOfStream(await opening, length);
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}

/** Whole lines of about `length` UTF-16 units in all. */
export async function startOfStream(stream: ReadableStream<Uint8Array>, length: number): Promise<TextStart> {
  let text = "";
  const reader = stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  while (text.length < length) {
    const { done, value } = await reader.read();
    if (done) return { text, isWhole: true };
    text += value;
  }
  await reader.cancel();
  return { text: text.slice(0, text.lastIndexOf("\n", length) + 1), isWhole: false };
}
