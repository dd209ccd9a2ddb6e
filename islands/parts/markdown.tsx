// An agent's Markdown as elements. Nothing is ever turned into an HTML string, so there is nothing to sanitise: HTML in the
// text stays text, an image becomes its words, and a link goes nowhere but http, https and mailto.
//
// The server draws the text as it is, and so does the page until a worker has read it (markdown_reader.ts).

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { TextWithPlaces } from "./place_link.tsx";
import type { Markdown as Read } from "./markdown_reader.ts";
import { lengthMax, type MarkdownToken } from "./markdown_token.ts";
import { CodeBlock } from "../code/code_block.tsx";
import { languageNamed } from "../code/languages.ts";
import { useStore } from "../state/store.ts";

export function Markdown({ text }: { text: string }) {
  const reader = useStore().markdown;
  const [read, setRead] = useState<{ text: string; markdown: Read | undefined }>({
    text,
    markdown: reader.known(text),
  });
  useEffect(() => {
    if (text.length > lengthMax) return;
    return reader.read(text, (markdown) => setRead({ text, markdown }));
  }, [text]);
  const markdown = text.length > lengthMax ? null : read.text === text ? read.markdown : undefined;
  if (markdown === undefined) {
    return (
      <div class="markdown">
        <p class="md-unread" dir="auto">{text}</p>
      </div>
    );
  }
  return markdown === null ? <pre class="plain">{text}</pre> : <MarkdownTokens tokens={markdown} />;
}

export function MarkdownTokens({ tokens }: { tokens: MarkdownToken[] }) {
  return <div class="markdown">{blocks(tokens)}</div>;
}

function blocks(tokens: MarkdownToken[] | undefined): ComponentChildren {
  return tokens?.map((token, index) => <Block key={index} token={token} />);
}

function Block({ token }: { token: MarkdownToken }) {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      // Looks like one; the outline of the page stays the page's own.
      return <p class={`md-h md-h${Math.min(4, token.depth ?? 4)}`} dir="auto">{inline(token.tokens)}</p>;
    case "paragraph":
      return <p dir="auto">{inline(token.tokens)}</p>;
    case "text":
      return <>{token.tokens ? inline(token.tokens) : token.text}</>;
    case "code":
      return (
        <CodeBlock text={token.text ?? ""} name={token.lang ?? "text"} language={languageNamed(token.lang ?? "")} />
      );
    case "blockquote":
      return <blockquote>{blocks(token.tokens)}</blockquote>;
    case "list":
      return <List token={token} />;
    case "table":
      return <Table token={token} />;
    case "hr":
      return <hr />;
    case "checkbox":
      return <Checkbox checked={token.checked === true} />;
    default:
      return <p dir="auto">{token.raw ?? token.text}</p>;
  }
}

function Checkbox({ checked }: { checked: boolean }) {
  return <span class="checkbox" role="img" aria-label={checked ? "Done:" : "Open:"}>{checked ? "☑" : "☐"}</span>;
}

function List({ token }: { token: MarkdownToken }) {
  const items = token.items?.map((item, index) => (
    <li key={index} class={item.task ? "task-item" : undefined} dir="auto">{blocks(item.tokens)}</li>
  ));
  return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ token }: { token: MarkdownToken }) {
  return (
    <div class="md-table" tabIndex={0}>
      <table>
        <thead>
          <tr>{token.header?.map((cell, index) => <th key={index} scope="col">{inline(cell.tokens)}</th>)}</tr>
        </thead>
        <tbody>
          {token.rows?.map((row, index) => (
            <tr key={index}>{row.map((cell, at) => <td key={at}>{inline(cell.tokens)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(tokens: MarkdownToken[] | undefined): ComponentChildren {
  return tokens?.map((token, index) => <Inline key={index} token={token} />);
}

function Inline({ token }: { token: MarkdownToken }) {
  switch (token.type) {
    case "strong":
      return <strong>{inline(token.tokens)}</strong>;
    case "em":
      return <em>{inline(token.tokens)}</em>;
    case "del":
      return <del>{inline(token.tokens)}</del>;
    case "codespan":
      return (
        <code>
          <TextWithPlaces text={token.text ?? ""} />
        </code>
      );
    case "br":
      return <br />;
    case "link":
      return <Link href={token.href ?? ""}>{inline(token.tokens)}</Link>;
    case "image":
      return <Link href={token.href ?? ""}>{token.text || token.href}</Link>;
    case "checkbox":
      return <Checkbox checked={token.checked === true} />;
    case "escape":
      return <>{token.text}</>;
    case "text":
      return token.tokens ? <>{inline(token.tokens)}</> : <TextWithPlaces text={token.text ?? ""} />;
    default:
      return <>{token.raw ?? token.text}</>;
  }
}

function Link({ href, children }: { href: string; children: ComponentChildren }) {
  if (!/^(?:https?:\/\/|mailto:)/i.test(href)) return <span>{children}</span>;
  return <a href={href} rel="noopener noreferrer nofollow" target="_blank">{children}</a>;
}
