// How much the API takes and gives at once.

const mebibyte = 1024 * 1024;

export const limits = {
  /** Bytes of a prompt, a follow-up or a feedback, in UTF-8. */
  prompt: mebibyte,
  /** Bytes of a request's body. */
  body: 2 * mebibyte,
  /** Characters (code points). */
  title: 200,
  /** Characters of a task's own check. */
  check: 20_000,
  /** Characters of a comment. */
  comment: 20_000,
  /** Characters of the message of a commit. */
  message: 20_000,
  dependencies: 100,
  /** Tasks of one request for many. */
  bulk: 200,
  /** Tasks on a page of the list. */
  page: 200,
  /** Characters of what is searched for. */
  query: 200,
  /** Hits of one request that searches a task. */
  hits: 500,
  /** Events on a page of a history. */
  events: 1_000,
};
