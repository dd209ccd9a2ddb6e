// The pages about the service as a whole, one beside the other.

import { useStore } from "../state/store.ts";

const pages = [
  { kind: "repositories", name: "Repositories" },
  { kind: "workers", name: "Workers" },
  { kind: "schedules", name: "Schedules" },
  { kind: "webhooks", name: "Webhooks" },
  { kind: "insights", name: "Insights" },
  { kind: "settings", name: "Settings" },
] as const;

export function ServiceNav() {
  const { page } = useStore();
  return <ServiceLinks current={page.kind} />;
}

export function ServiceLinks({ current }: { current: string }) {
  return (
    <nav class="service-nav" aria-label="The service">
      {pages.map(({ kind, name }) => (
        <a key={kind} href={`/${kind}`} aria-current={kind === current ? "page" : undefined}>{name}</a>
      ))}
    </nav>
  );
}
