// Two attempts side by side: how each ended, what it took, and what differs between their files.

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { parseDiff } from "../changes/unified_diff.ts";
import { basedCost, duration, plural, whole } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import { OutputText } from "../parts/output_text.tsx";
import { Counts } from "../parts/state_badge.tsx";
import { useStore } from "../state/store.ts";
import { outcomeWord, statusWords } from "../../core/view/task_state.ts";
import type { ComparedWork, Comparison } from "./comparison.ts";
import { fileTexts } from "./file_texts.ts";

export function ComparePage() {
  const { page } = useStore();
  if (!page.comparison) return null;
  return (
    <main id="main" class="compare">
      <h1>Two attempts</h1>
      <Facts comparison={page.comparison} />
      <Between comparison={page.comparison} />
    </main>
  );
}

interface Row {
  name: string;
  cell(work: ComparedWork): ComponentChildren;
}

function Facts({ comparison: { a, b } }: { comparison: Comparison }) {
  const { locale } = useStore();
  const sides = [a, b];
  const rows: Row[] = [
    { name: "Outcome", cell: ({ outcome, status }) => outcome ? outcomeWord(outcome) : statusWords[status] },
    {
      name: "Check",
      cell: ({ check }) => check ? `${check.outcome.replace("_", " ")} in ${duration(check.duration_ms)}` : "none",
    },
    { name: "Cost", cell: ({ cost_usd, cost_basis }) => basedCost(cost_usd, cost_basis) },
    { name: "Time", cell: ({ duration_ms }) => duration_ms === null ? "not known" : duration(duration_ms) },
    {
      name: "Tokens out",
      cell: ({ output_tokens }) => output_tokens === null ? "not known" : whole(output_tokens, locale),
    },
    {
      name: "Lines",
      cell: ({ lines_added, lines_removed }) => <LineCounts added={lines_added} removed={lines_removed} />,
    },
  ];
  return (
    <table class="compare-facts">
      <thead>
        <tr>
          <td />
          {sides.map((work) => (
            <th scope="col" key={nameOf(work)}>
              <a href={`/tasks/${work.task}`}>
                <span class="muted num">{nameOf(work)}</span> <bdi>{work.title}</bdi>
              </a>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, cell }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {sides.map((work) => <td key={nameOf(work)} class="num">{cell(work)}</td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function LineCounts({ added, removed }: { added: number | null; removed: number | null }) {
  if (!added && !removed) return <>none</>;
  return <Counts added={added ?? 0} removed={removed ?? 0} />;
}

/** `#12`, or `#12, run 1`. */
function nameOf({ task, run }: ComparedWork): string {
  return run === null ? `#${task}` : `#${task}, run ${run}`;
}

function Between({ comparison: { a, b, diff, error } }: { comparison: Comparison }) {
  const files = useMemo(() => parseDiff(diff ?? ""), [diff]);
  const texts = useMemo(() => fileTexts(diff ?? ""), [diff]);
  return (
    <section class="compare-files" aria-labelledby="between">
      <h2 id="between">From {nameOf(a)} to {nameOf(b)}</h2>
      {error !== null && <p class="muted">{error}</p>}
      {error === null && (
        <p class="muted">
          {files.length === 0 ? "Their files are the same." : plural(files.length, "file differs", "files differ")}
        </p>
      )}
      <ul>
        {files.map((file, index) => (
          <li key={file.path}>
            <details>
              <summary>
                <Icon name="chevron" />
                <bdi class="mono">{file.path}</bdi> <Counts added={file.added} removed={file.removed} />
              </summary>
              <OutputText text={texts[index] ?? ""} label={`Differences in ${file.path}`} />
            </details>
          </li>
        ))}
      </ul>
      <p class="compare-links">
        {[...new Set([a.task, b.task])].map((id) => (
          <a key={id} class="button" href={`/tasks/${id}/changes`}>All changes of #{id}</a>
        ))}
      </p>
    </section>
  );
}
