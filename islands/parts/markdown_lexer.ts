// An agent's Markdown as tokens, by `marked`. It takes quadratic time on some texts (39,999 characters of `*a_`: 15 s), so this
// runs in a worker only, which is ended when it takes too long (markdown_reader.ts).

import { Lexer, type Token, type Tokens } from "marked";
import { lengthMax, type MarkdownToken } from "./markdown_token.ts";

/** What has more of them, or is nested deeper, would be slow to draw. */
const tokensMax = 10_000;
const depthMax = 64;

/** Null: to be shown as it is. */
export function markdownTokens(text: string): MarkdownToken[] | null {
  if (text.length > lengthMax) return null;
  let left = tokensMax;
  const list = (tokens: Token[] | Tokens.TableCell[], depth: number): MarkdownToken[] => {
    left -= tokens.length;
    if (left < 0 || depth > depthMax) throw new RangeError("Too many tokens");
    return tokens.map((token) => one(token as Tokens.Generic, depth + 1));
  };
  const one = (token: Tokens.Generic, depth: number): MarkdownToken => ({
    type: token.type ?? "cell",
    ...(token.type === "html" && { raw: token.raw }),
    ...(token.tokens ? { tokens: list(token.tokens, depth) } : token.text !== undefined && { text: token.text }),
    ...(token.type === "image" && { text: token.text }),
    ...(token.type === "code" && token.lang && { lang: String(token.lang).trim().split(/\s+/)[0]?.slice(0, 40) }),
    ...(token.type === "heading" && { depth: token.depth }),
    ...(token.type === "list" && { ordered: token.ordered, start: token.start, items: list(token.items, depth) }),
    ...(token.task !== undefined && { task: token.task }),
    ...(token.checked !== undefined && { checked: token.checked }),
    ...(token.href !== undefined && { href: token.href }),
    ...(token.type === "table" && {
      header: list(token.header, depth),
      rows: token.rows.map((row: Tokens.TableCell[]) => list(row, depth)),
    }),
  });
  try {
    return list(new Lexer({ gfm: true }).lex(text), 0);
  } catch {
    // Nested too deeply for it, or for us.
    return null;
  }
}
