// A place in a file as a link: to its line in the changes where the file is changed, else to the file itself.

import { FileOpenerContext } from "./file_opener.ts";
import type { ComponentChildren } from "preact";
import { useContext } from "preact/hooks";
import { type FilePlace, placesIn, withinWorktree } from "./places.ts";

/** `children`: its words, by default the path and the line. */
export function PlaceLink({ place, children }: { place: FilePlace; children?: ComponentChildren }) {
  const opener = useContext(FileOpenerContext);
  const words = children ?? `${place.path}${place.line === null ? "" : `:${place.line}`}`;
  if (!opener) return <>{words}</>;
  return (
    <a
      class="place"
      href={opener.href(place)}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        opener.open(place);
      }}
    >
      {words}
    </a>
  );
}

/** A path as the agent names it; a link when it is within the repository. */
export function PathLink({ path, line = null }: { path: string; line?: number | null }) {
  const inner = withinWorktree(path, useContext(FileOpenerContext)?.worktree ?? null);
  return inner === null ? <>{path}</> : <PlaceLink place={{ path: inner, line }}>{inner}</PlaceLink>;
}

/** A text with the places that it names as links. */
export function TextWithPlaces({ text }: { text: string }) {
  const opener = useContext(FileOpenerContext);
  if (!opener) return <>{text}</>;
  const parts: ComponentChildren[] = [];
  let at = 0;
  for (const { from, to, path, line } of placesIn(text, opener.worktree)) {
    parts.push(text.slice(at, from), <PlaceLink key={from} place={{ path, line }}>{text.slice(from, to)}</PlaceLink>);
    at = to;
  }
  return parts.length === 0 ? <>{text}</> : <>{parts}{text.slice(at)}</>;
}
