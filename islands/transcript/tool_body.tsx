// What went into a tool and what came out of it, in a form that fits the tool. What is not in the form that its tool usually
// has, and every tool that is not known by name, is shown field by field.

import { type TodoStatus, todoStatuses } from "../../core/domain/event.ts";
import { Fragment, type JSX } from "preact";
import { CodeBlock } from "../code/code_block.tsx";
import { CodeLines } from "../code/code_lines.tsx";
import { languageOf } from "../code/languages.ts";
import { Checklist } from "../parts/checklist.tsx";
import { plural } from "../../core/view/format.ts";
import { Markdown } from "../parts/markdown.tsx";
import { OutputText } from "../parts/output_text.tsx";
import { PathLink } from "../parts/place_link.tsx";
import { ResultImages } from "./result_images.tsx";
import { ToolFields } from "./tool_fields.tsx";
import {
  fieldsOf,
  inputText,
  type ToolCall,
  toolName,
  type ToolResult,
} from "../../core/view/transcript/tool_calls.ts";
import { foundLines, listedPaths, numberedLines } from "./tool_output.ts";

/** `withInput`: what went in is not shown elsewhere. */
export function ToolBody({ call, withInput }: { call: ToolCall; withInput: boolean }) {
  return (
    <>
      {withInput && <Input call={call} />}
      {call.result && <Output call={call} result={call.result} />}
      {call.result && <ResultImages call={call.id} images={call.result.images} />}
    </>
  );
}

function Input({ call }: { call: ToolCall }) {
  switch (call.name) {
    case "Bash":
      return (
        <>
          {inputText(call, "description") && <p class="muted">{inputText(call, "description")}</p>}
          <CodeBlock text={inputText(call, "command")} name="bash" language="bash" />
        </>
      );
    case "Task":
    case "Agent":
      return <Markdown text={inputText(call, "prompt")} />;
    case "TodoWrite": {
      const todos = todosOf(call.input);
      return todos ? <Checklist todos={todos} isAtWork={false} /> : <ToolFields input={call.input} />;
    }
    case "Read":
      // The output names its file and its lines.
      return call.result && !call.result.isError ? null : <ToolFields input={call.input} />;
    default:
      return <ToolFields input={call.input} />;
  }
}

function Output({ call, result }: { call: ToolCall; result: ToolResult }) {
  const text = result.images.length > 0 ? withoutImageLines(result.text) : result.text;
  if (text === "") return null;
  return (result.isError ? null : formOf(call, text)) ??
    <OutputText text={text} label={`Output of ${toolName(call.name)}`} />;
}

function todosOf(input: unknown): { text: string; status: TodoStatus }[] | null {
  const { todos } = fieldsOf(input);
  if (!Array.isArray(todos)) return null;
  return todos.slice(0, linesMax).map((todo) => ({
    text: inputText({ input: todo }, "content"),
    status: todoStatuses.find((status) => status === fieldsOf(todo).status) ?? "pending",
  }));
}

/** Null: as it is. */
function formOf(call: ToolCall, text: string): JSX.Element | null {
  switch (call.name) {
    case "Read":
      return readLines(call, text);
    case "Grep":
      return found(text) ?? (inputText(call, "output_mode") === "content" ? null : paths(text));
    case "Glob":
      return paths(text);
    case "Task":
    case "Agent":
    case "WebFetch":
    case "WebSearch":
      return <Markdown text={text} />;
    default:
      return call.name.startsWith("mcp__") ? json(text) : null;
  }
}

function readLines(call: ToolCall, text: string): JSX.Element | null {
  const read = numberedLines(text);
  if (!read) return null;
  const path = inputText(call, "file_path");
  const { first, lines, rest } = read;
  const last = first + lines.length - 1;
  return (
    <>
      <CodeBlock
        text={lines.join("\n")}
        name={<PathLink path={path} line={first} />}
        detail={first === last ? `line ${first}` : `lines ${first} to ${last}`}
        language={languageOf(path)}
        first={first}
      />
      {rest !== "" && <OutputText text={rest} label="What Read said besides" />}
    </>
  );
}

/** Drawn of one answer. */
const filesMax = 50;

function found(text: string): JSX.Element | null {
  const files = foundLines(text);
  return files && (
    <div class="found">
      {files.slice(0, filesMax).map(({ path, runs }) => (
        <Fragment key={path}>
          <p class="found-path mono">
            <PathLink path={path} line={runs[0]?.first} />
          </p>
          {runs.slice(0, filesMax).map(({ first, lines }) => (
            <CodeLines
              key={first}
              lines={lines.slice(0, linesMax)}
              language={languageOf(path)}
              label={`Found in ${path}`}
              first={first}
            />
          ))}
        </Fragment>
      ))}
      {files.length > filesMax && <p class="muted">and {plural(files.length - filesMax, "more file")}</p>}
    </div>
  );
}

const linesMax = 300;

function paths(text: string): JSX.Element | null {
  const list = listedPaths(text);
  return list && (
    <ul class="path-list mono">
      {list.slice(0, linesMax).map((path, index) => (
        <li key={index}>
          <PathLink path={path} />
        </li>
      ))}
      {list.length > linesMax && <li class="muted">and {list.length - linesMax} more</li>}
    </ul>
  );
}

function json(text: string): JSX.Element | null {
  if (text.length > jsonMax || !/^\s*[[{]/.test(text)) return null;
  try {
    return <CodeBlock text={JSON.stringify(JSON.parse(text), null, 2)} name="json" language="json" />;
  } catch {
    return null;
  }
}

const jsonMax = 200_000;

/** `[image image/png, 12 KB]`: the image itself stands below. */
function withoutImageLines(text: string): string {
  return text.split("\n").filter((line) => !/^\[image [\w/+.-]+, \d+ KB\]$/.test(line)).join("\n");
}
