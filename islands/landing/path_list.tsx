// Paths of a repository, as many as fit; the others are counted.

const shown = 8;

interface PathListProps {
  paths: string[];
  /** How many there are in all. */
  count?: number;
  tone: "need" | "wait";
  label: string;
}

export function PathList({ paths, count = paths.length, tone, label }: PathListProps) {
  const more = count - Math.min(paths.length, shown);
  return (
    <ul class={`path-list mono tone-${tone}`} aria-label={label}>
      {paths.slice(0, shown).map((path) => (
        <li key={path}>
          <bdi>{path}</bdi>
        </li>
      ))}
      {more > 0 && <li class="muted">and {more} more</li>}
    </ul>
  );
}
