// Where messages may go: the hosts that the operator names. Pure.

export interface WebhookHost {
  /** In lower case; an IPv6 address without brackets. */
  name: string;
  /** Null: any. */
  port: number | null;
  /** Whether it may lead to this machine or a private network. */
  isPrivate: boolean;
}

export const webhookHostsWords =
  "host names with commas between them, each with a port if only that one is meant, and with =private if it may lead to " +
  "this machine or a private network, such as hooks.slack.com,ntfy.lan:8080=private";

/** Reads `chat.example, ntfy.lan:8080=private`; null for what is not like that. */
export function readWebhookHosts(text: string): WebhookHost[] | null {
  const hosts = text.split(",").map((one) => one.trim()).filter((one) => one !== "").map(readHost);
  return hosts.some((one) => one === null) ? null : hosts as WebhookHost[];
}

function readHost(text: string): WebhookHost | null {
  const [, name, port, word] =
    /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(\d{1,5}))?(=private)?$/i.exec(text) ??
      [];
  if (name === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) return null;
  return { name: bare(name), port: port === undefined ? null : Number(port), isPrivate: word !== undefined };
}

/** As `readWebhookHosts` reads them. */
export function webhookHostsText(hosts: readonly WebhookHost[]): string {
  return hosts.map(({ name, port, isPrivate }) =>
    `${name.includes(":") ? `[${name}]` : name}${port === null ? "" : `:${port}`}${isPrivate ? "=private" : ""}`
  ).join(",");
}

/** The entry by which an address is allowed; null: none. */
export function hostOf(hosts: readonly WebhookHost[], url: URL): WebhookHost | null {
  const name = bare(url.hostname);
  return hosts.find((one) => one.name === name && (one.port === null || one.port === portOf(url))) ?? null;
}

/** Of an http or https address, also where it is not said. */
export function portOf({ port, protocol }: URL): number {
  return port === "" ? protocol === "https:" ? 443 : 80 : Number(port);
}

function bare(name: string): string {
  return name.toLowerCase().replace(/^\[|\]$/g, "");
}
