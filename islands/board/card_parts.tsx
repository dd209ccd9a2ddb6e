// Parts that cards and rows share.

import { useComputed } from "@preact/signals";
import type { TaskView } from "../../core/view/task_view.ts";
import { useStore } from "../state/store.ts";

export function Tags({ tags }: { tags: string[] }) {
  if (tags.length === 0) return null;
  return <span class="tags">{tags.map((tag) => <span key={tag} class="tag">{tag}</span>)}</span>;
}

const hitNames = { prompt: "Prompt", output: "Output", error: "Error", plan: "Plan" };

/** Where the words of the search are, when the title does not show them. */
export function CardHit({ id }: { id: number }) {
  const store = useStore();
  const hit = useComputed(() => store.search.value.hits.get(id)).value;
  if (!hit) return null;
  return (
    <p class="card-hit" title={hit.text}>
      <span class="card-hit-name">{hitNames[hit.in]}:</span> <bdi>{hit.text}</bdi>
    </p>
  );
}

/** Its repository, where there are several. */
export function Repository({ task }: { task: TaskView }) {
  return useStore().hasRepositories.value ? <bdi class="card-repo row-note" title="Repository">{task.repo}</bdi> : null;
}
