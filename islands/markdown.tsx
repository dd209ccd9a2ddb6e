// An agent's Markdown as elements. `marked` reads it; nothing is ever turned into an HTML string, so there is nothing to
// sanitise: HTML in the text stays text, an image becomes its words, and a link goes nowhere but http, https and mailto.

import { Lexer, type Token, type Tokens } from "marked";
import type { ComponentChildren } from "preact";

/** Longer texts are shown as they are. */
const lengthMax = 40_000;

export function Markdown({ text }: { text: string }) {
  if (text.length > lengthMax) return <pre class="plain">{text}</pre>;
  return <div class="markdown">{blocks(tokensOf(text))}</div>;
}

function tokensOf(text: string): Token[] {
  try {
    return new Lexer({ gfm: true }).lex(text);
  } catch {
    return [{ type: "text", raw: text, text }];
  }
}

function blocks(tokens: Token[] | undefined): ComponentChildren {
  return tokens?.map((token, index) => <Block key={index} token={token as Tokens.Generic} />);
}

function Block({ token }: { token: Tokens.Generic }) {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      // Looks like one; the outline of the page stays the page's own.
      return <p class={`md-h md-h${Math.min(4, token.depth)}`} dir="auto">{inline(token.tokens)}</p>;
    case "paragraph":
      return <p dir="auto">{inline(token.tokens)}</p>;
    case "text":
      return <>{token.tokens ? inline(token.tokens) : token.text}</>;
    case "code":
      return <pre tabIndex={0}><code>{token.text}</code></pre>;
    case "blockquote":
      return <blockquote>{blocks(token.tokens)}</blockquote>;
    case "list":
      return <List token={token as Tokens.List} />;
    case "table":
      return <Table token={token as Tokens.Table} />;
    case "hr":
      return <hr />;
    case "checkbox":
      return <Checkbox checked={token.checked} />;
    default:
      return <p dir="auto">{token.raw}</p>;
  }
}

function Checkbox({ checked }: { checked: boolean }) {
  return <span class="checkbox" role="img" aria-label={checked ? "Done:" : "Open:"}>{checked ? "☑" : "☐"}</span>;
}

function List({ token }: { token: Tokens.List }) {
  const items = token.items.map((item, index) => (
    <li key={index} class={item.task ? "task-item" : undefined} dir="auto">{blocks(item.tokens)}</li>
  ));
  return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ token }: { token: Tokens.Table }) {
  return (
    <div class="md-table" tabIndex={0}>
      <table>
        <thead>
          <tr>{token.header.map((cell, index) => <th key={index} scope="col">{inline(cell.tokens)}</th>)}</tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            <tr key={index}>{row.map((cell, at) => <td key={at}>{inline(cell.tokens)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(tokens: Token[] | undefined): ComponentChildren {
  return tokens?.map((token, index) => <Inline key={index} token={token as Tokens.Generic} />);
}

function Inline({ token }: { token: Tokens.Generic }) {
  switch (token.type) {
    case "strong":
      return <strong>{inline(token.tokens)}</strong>;
    case "em":
      return <em>{inline(token.tokens)}</em>;
    case "del":
      return <del>{inline(token.tokens)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "link":
      return <Link href={token.href}>{inline(token.tokens)}</Link>;
    case "image":
      return <Link href={token.href}>{token.text || token.href}</Link>;
    case "checkbox":
      return <Checkbox checked={token.checked} />;
    case "escape":
      return <>{token.text}</>;
    case "text":
      return <>{token.tokens ? inline(token.tokens) : token.text}</>;
    default:
      return <>{token.raw}</>;
  }
}

function Link({ href, children }: { href: string; children: ComponentChildren }) {
  if (!/^(?:https?:\/\/|mailto:)/i.test(href)) return <span>{children}</span>;
  return <a href={href} rel="noopener noreferrer nofollow" target="_blank">{children}</a>;
}
