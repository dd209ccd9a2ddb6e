// The comments on one line, and the field for one more.

import type { CommentView, NewComment } from "../../core/view/review_view.ts";
import { complain } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { Icon } from "../parts/icon.tsx";
import { Time } from "../parts/time.tsx";
import { CommentField } from "./comment_field.tsx";
import type { ReviewComments } from "./task_comments.ts";

interface CommentThreadProps {
  comments: ReviewComments;
  list: readonly CommentView[];
  /** What a new one is on, but for its text. */
  target: Omit<NewComment, "text">;
  /** Of the draft of a new one. */
  place: string;
}

export function CommentThread({ comments, list, target, place }: CommentThreadProps) {
  const attempt = useAttempt();
  return (
    <div class="thread">
      {list.map((comment) => <Comment key={comment.id} comments={comments} comment={comment} />)}
      {comments.drafts.all.value[place] !== undefined && (
        <CommentField
          drafts={comments.drafts}
          place={place}
          label={`Comment on line ${target.line}`}
          action="Add comment"
          onSave={(text) => attempt(() => comments.add({ ...target, text }))}
        />
      )}
    </div>
  );
}

/** One comment; with the line it was on where that is not above it. */
export function Comment({ comments, comment, quoted = false }: {
  comments: ReviewComments;
  comment: CommentView;
  quoted?: boolean;
}) {
  const store = useStore();
  const attempt = useAttempt();
  const draft = `edit ${comment.id}`;
  const isEdited = comments.drafts.all.value[draft] !== undefined;
  const disabled = store.asleep.value;
  return (
    <article class={`comment${comment.resolved ? " resolved" : ""}`} aria-label={`Comment on line ${comment.line}`}>
      <p class="comment-head">
        <bdi>{comment.by}</bdi> <Time at={comment.at} />
        {comment.edited_at !== null && <span>edited</span>}
        <span>{comment.resolved ? "resolved" : comment.sent === null ? "not sent" : "sent"}</span>
        <span class="grow" />
        <button
          type="button"
          class="quiet small"
          disabled={disabled}
          onClick={() =>
            void attempt(() =>
              comments.edit(comment.id, { resolved: !comment.resolved })
            )}
        >
          {comment.resolved ? "Unresolve" : "Resolve"}
        </button>
        <button
          type="button"
          class="quiet small"
          disabled={disabled || isEdited}
          onClick={() => comments.drafts.set(draft, comment.text)}
        >
          Edit
        </button>
        <button
          type="button"
          class="quiet small"
          disabled={disabled}
          onClick={() => void attempt(() => comments.remove(comment.id))}
        >
          Delete
        </button>
      </p>
      {quoted && (
        <pre class="quote" dir="auto">{comment.path && `${comment.path}:${comment.line}\n`}{comment.quote}</pre>
      )}
      {isEdited
        ? (
          <CommentField
            drafts={comments.drafts}
            place={draft}
            label="Comment"
            action="Save"
            onSave={(text) => attempt(() => comments.edit(comment.id, { text }))}
          />
        )
        : <p class="comment-text" dir="auto">{comment.text}</p>}
    </article>
  );
}

/** Comments that have no line in what is shown, folded. */
export function GatheredComments({ comments, list, words }: {
  comments: ReviewComments;
  list: readonly CommentView[];
  words: string;
}) {
  if (list.length === 0) return null;
  return (
    <details class="gathered">
      <summary>
        <Icon name="chevron" />
        {words}
      </summary>
      {list.map((comment) => <Comment key={comment.id} comments={comments} comment={comment} quoted />)}
    </details>
  );
}

/** Does something with the service; false when it refused, and the page says why. */
export function useAttempt(): (action: () => Promise<unknown>) => Promise<boolean> {
  const store = useStore();
  return async (action) => {
    try {
      await action();
      return true;
    } catch (error) {
      complain(store, error);
      return false;
    }
  };
}
