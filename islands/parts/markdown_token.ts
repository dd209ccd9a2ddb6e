// What is known of an agent's Markdown without reading it. A leaf, so that the pages have it without the reader itself.

/** Longer texts are shown as they are. */
export const lengthMax = 40_000;

/** What is drawn of a token; its fields are those of `marked`. */
export interface MarkdownToken {
  type: string;
  /** The source; only of what is shown as its source. */
  raw?: string;
  text?: string;
  tokens?: MarkdownToken[];
  depth?: number;
  ordered?: boolean;
  start?: number | "";
  task?: boolean;
  checked?: boolean;
  href?: string;
  /** The first word on the fence of code. */
  lang?: string;
  items?: MarkdownToken[];
  header?: MarkdownToken[];
  rows?: MarkdownToken[][];
}
