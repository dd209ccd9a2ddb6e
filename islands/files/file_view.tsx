// One file, to be read: nothing of it is ever run or drawn as a page.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { CodeLines } from "../code/code_lines.tsx";
import { languageOf } from "../code/languages.ts";
import { EditorLink } from "../landing/editor_link.tsx";
import { plainText } from "../parts/ansi.ts";
import { CopyButton } from "../parts/copy_button.tsx";
import { bytes } from "../../core/view/format.ts";
import { MiddlePath } from "../parts/middle_path.tsx";
import type { FilePlace } from "../parts/places.ts";
import { shownMax } from "../parts/text_part.ts";
import type { OpenTask } from "../state/open_task.ts";
import { Problem } from "../stream/api.ts";
import { type FileContent, readFile } from "./read_file.ts";

/** `stamp` changes when the work may have. */
export function FileView({ open, place, stamp }: { open: OpenTask; place: FilePlace; stamp: string }) {
  const content = useContent(open, place, stamp);
  return (
    <section class="file-view" aria-label={place.path}>
      <header class="file-view-head">
        <MiddlePath path={place.path} />
        <CopyButton text={place.path} what="Copy the path" />
        <span class="grow" />
        <EditorLink task={open.task.value} place={place} />
      </header>
      {content === null
        ? <p class="panel-note muted">Reading the file</p>
        : "error" in content
        ? <p class="panel-note" role="status">{content.error}</p>
        : <Content content={content} place={place} />}
    </section>
  );
}

function Content({ content, place }: { content: FileContent; place: FilePlace }) {
  switch (content.kind) {
    case "image":
      return (
        <p class="file-image">
          <img src={content.src} alt={place.path} />
        </p>
      );
    case "binary":
      return <p class="panel-note muted">Binary file, {bytes(content.bytes)}</p>;
    case "text":
      return <Text content={content} place={place} />;
  }
}

function Text({ content, place }: { content: Extract<FileContent, { kind: "text" }>; place: FilePlace }) {
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => plainText(content.text.replace(/\n$/, "")).split("\n"), [content.text]);
  useEffect(() => {
    box.current?.querySelector(".code-line.marked")?.scrollIntoView({ block: "center" });
  }, [place, lines]);
  return (
    <div class="file-text" ref={box}>
      {content.text === "" ? <p class="panel-note muted">An empty file</p> : (
        <CodeLines
          lines={lines}
          language={languageOf(place.path)}
          label={place.path}
          first={1}
          marked={place.line}
        />
      )}
      {content.isCut && <p class="panel-note muted">The first {bytes(shownMax)}; the rest is in the file.</p>}
    </div>
  );
}

/** Null while it is read for the first time; what was read stays while it is read again, also by choosing it anew. */
function useContent(
  { id: task, files }: OpenTask,
  place: FilePlace,
  stamp: string,
): FileContent | { error: string } | null {
  const { path } = place;
  const [read, setRead] = useState<{ path: string; content: FileContent | { error: string } } | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    readFile({ task, path, at: files.point.peek() }, stop.signal).then(
      (content) => setRead({ path, content }),
      (cause) => {
        if (stop.signal.aborted) return;
        setRead({ path, content: { error: cause instanceof Problem ? cause.message : "The file could not be read" } });
      },
    );
    return () => stop.abort();
  }, [task, place, stamp]);
  return read?.path === path ? read.content : null;
}
