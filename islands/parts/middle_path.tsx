// A path that gives way in its middle: the end, which tells files apart, stays.

/** Shown in one line; the whole is its title. */
export function MiddlePath({ path }: { path: string }) {
  const at = path.lastIndexOf("/", path.lastIndexOf("/") - 1);
  const [start, end] = at > 0 ? [path.slice(0, at), path.slice(at)] : ["", path];
  return (
    <bdi class="middle-path mono" title={path}>
      {start !== "" && <span class="path-start">{start}</span>}
      <span class="path-end">{end}</span>
    </bdi>
  );
}
