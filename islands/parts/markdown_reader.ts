// Has Markdown read by its worker (markdown_worker.ts).

import type { MarkdownToken } from "./markdown_token.ts";
import { TextReader } from "./text_reader.ts";

/** Null: the text is to be shown as it is. */
export type Markdown = MarkdownToken[] | null;

export class MarkdownReader extends TextReader<MarkdownToken[]> {}
