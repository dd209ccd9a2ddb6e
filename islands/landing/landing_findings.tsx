// What a landing would find, as things stand now: conflicts, what is in the way, what is not committed.

import type { Signal } from "@preact/signals";
import type { LandingPreviewView } from "../../core/view/review_view.ts";
import { distanceWords, type LandingDraft } from "./landing_draft.ts";
import { PathList } from "./path_list.tsx";

export function Findings({ draft, preview }: { draft: Signal<LandingDraft>; preview: LandingPreviewView }) {
  const { checkout, conflicts, uncommitted, check, target } = preview;
  const inTheWay = checkout?.in_the_way ?? [];
  return (
    <dl class="landing-facts">
      <dt>Work</dt>
      <dd class="num">{distanceWords(preview)}</dd>
      {conflicts.length > 0 && (
        <>
          <dt>Conflicts</dt>
          <dd>
            <PathList paths={conflicts} tone="need" label="Files that conflict" />
          </dd>
        </>
      )}
      <dt>Check</dt>
      <dd>{check === null ? "none: the result is not checked" : <code>{check}</code>}</dd>
      <dt>Checked out</dt>
      <dd>
        {checkout === null ? "nowhere" : (
          <span>
            <bdi class="mono">{checkout.path}</bdi>, whose files move along
          </span>
        )}
        {inTheWay.length > 0 && (
          <>
            <p class="tone-need">
              Changes of your own are in the way there. <bdi>{target}</bdi> stays as it is until they are put away.
            </p>
            <PathList paths={inTheWay} tone="need" label="Files in the way" />
          </>
        )}
      </dd>
      {uncommitted.count > 0 && (
        <>
          <dt>Not committed</dt>
          <dd>
            <PathList paths={uncommitted.files} count={uncommitted.count} tone="need" label="Files not committed" />
            <label class="landing-leave">
              <input
                type="checkbox"
                checked={draft.value.leave}
                onChange={(event) => draft.value = { ...draft.peek(), leave: event.currentTarget.checked }}
              />
              Leave {uncommitted.count === 1 ? "it" : "them"} behind, saved under the task's refs
            </label>
          </dd>
        </>
      )}
    </dl>
  );
}
