// What becomes of work that is good: it waits for its review, or lands by itself.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RepositoryView } from "../../core/view/api_view.ts";
import { call } from "../stream/api.ts";
import type { TaskDraft } from "./task_draft.ts";

interface LandFieldProps {
  value: TaskDraft["land"];
  /** The name of the task's repository. */
  repo: string;
  /** It says so itself, which can be changed and not be taken back. */
  hasOwn: boolean;
  onChange(value: TaskDraft["land"]): void;
}

export function LandField({ value, repo, hasOwn, onChange }: LandFieldProps) {
  const repositories = useSignal<RepositoryView[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    call("/api/repositories", { signal: stop.signal })
      .then((response) => response.json())
      .then((answer) => repositories.value = answer.repositories)
      .catch(() => {/* the choice can be made without it */});
    return () => stop.abort();
  }, []);
  const settings = repositories.value.find(({ name }) => name === repo)?.settings;
  const said = settings ? `: ${settings.land === "auto" ? "land by itself" : "leave it to review"}` : "";
  return (
    <select
      id="field-land"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value as TaskDraft["land"])}
    >
      {!hasOwn && <option value="repository">as the repository says{said}</option>}
      <option value="review">leave it to review</option>
      <option value="auto">land by itself</option>
    </select>
  );
}
