// The source of a plan, line by line, to be commented on.

import { Fragment } from "preact";
import { CommentThread, GatheredComments } from "../changes/comment_thread.tsx";
import { useComments } from "../changes/read_comments.ts";
import { SendBar } from "../changes/send_bar.tsx";
import { linesOf } from "../changes/diff_rows.ts";
import type { OpenTask } from "../state/open_task.ts";

export function PlanLines({ open, plan }: { open: OpenTask; plan: string }) {
  const { comments } = open.review;
  useComments(open);
  const drafts = comments.drafts.all.value;
  const lines = linesOf(plan);
  const own = (comments.list.value ?? []).filter(({ side }) => side === "plan");
  const gathered = own.filter((one) => one.outdated || one.line > lines.length);
  return (
    <div class="plan-lines" tabIndex={0} role="region" aria-label="Lines of the plan">
      <GatheredComments comments={comments} list={gathered} words={`${gathered.length} outdated`} />
      <table class="diff">
        <colgroup>
          <col class="number" />
          <col />
        </colgroup>
        <tbody>
          {lines.map((text, index) => {
            const line = index + 1;
            const place = `plan ${line}`;
            const list = own.filter((one) => !one.outdated && one.line === line);
            return (
              <Fragment key={line}>
                <tr>
                  <td class="number num">
                    <button
                      type="button"
                      class="line-number"
                      aria-label={`Comment on line ${line}`}
                      onClick={() => drafts[place] === undefined && comments.drafts.set(place, "")}
                    >
                      {line}
                    </button>
                  </td>
                  <td class="code">
                    <bdi>{text}</bdi>
                  </td>
                </tr>
                {(list.length > 0 || drafts[place] !== undefined) && (
                  <tr class="thread-row">
                    <td colSpan={2}>
                      <CommentThread
                        comments={comments}
                        list={list}
                        target={{ path: "", side: "plan", line, quote: text.slice(0, 1_000) }}
                        place={place}
                      />
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
      <SendBar comments={comments} />
    </div>
  );
}
