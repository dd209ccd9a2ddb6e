// What a person chooses for schedules, webhooks and GitHub.

/** What happens at a time whose schedule has a task that is not over: nothing, or it waits for that, one time at most. */
export const overlaps = ["skip", "queue"] as const;
export type Overlap = typeof overlaps[number];

/** How a message of a webhook looks: by Standard Webhooks, as ntfy takes it, or as Slack's hooks do. */
export const webhookFormats = ["standard", "ntfy", "slack"] as const;
export type WebhookFormat = typeof webhookFormats[number];

export interface Github {
  label: string;
  /** The repository here of each `owner/name` there. */
  repositories: Record<string, string>;
  /** What the secret of its deliveries, and the token for comments, are kept under. */
  secret: string;
  token: string | null;
  /** The commit after which what is to be told begins. */
  after: string;
}
