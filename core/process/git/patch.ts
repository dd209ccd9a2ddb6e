// A place's commits as mails, for `git am` elsewhere. What the user configured for mails of their own changes nothing.

import { requireCommit, startOf } from "./compared.ts";
import type { DiffFiles } from "./diff_files.ts";
import { git } from "./git.ts";
import type { Located } from "./sites.ts";
import { diffFolder } from "./worktree_diff.ts";
import type { DiffFrom, Place } from "./worktrees.ts";

/** What no option says. */
const SETTINGS = [
  "format.numbered=auto",
  "format.mboxrd=false",
  "format.noprefix=false",
  "format.from=false",
  "format.forceInBodyFrom=false",
  "diff.suppressBlankEmpty=false",
  "diff.noprefix=false",
].flatMap((setting) => ["-c", setting]);

const FORMAT_PATCH = [
  ...["format-patch", "--no-signature", "--no-attach", "--no-thread", "--no-cover-letter", "--no-base", "--no-notes"],
  ...["--no-to", "--no-cc", "--no-add-header", "--no-signoff", "--subject-prefix=PATCH", "--encode-email-headers"],
  ...["--encoding=UTF-8", "--binary", "--full-index", "--find-renames", "--unified=3", "--inter-hunk-context=0"],
  ...["--diff-algorithm=default", "-O/dev/null", "--no-relative", "--no-textconv", "--no-ext-diff", "--no-color"],
  ...["--submodule=short", "--src-prefix=a/", "--dst-prefix=b/"],
];

/** See `Outgoing.patch`. */
export async function patchOf(
  { site }: Located,
  place: Place,
  { from, to, diffs }: { from?: DiffFrom; to: string; diffs: DiffFiles },
): Promise<ReadableStream<Uint8Array>> {
  const last = await requireCommit(site, to);
  const start = await startOf(site, place, { from, to: { commit: last } });
  const key = `${start}-${last}-patch`;
  return await diffs.open({
    folder: diffFolder(site.common),
    subject: `${site.common} ${key}`,
    compare: (make) =>
      make(key, async (file) => {
        // git makes no file when there is nothing to say.
        await Deno.writeFile(file, new Uint8Array(), { mode: 0o600 });
        const args = [...SETTINGS, ...FORMAT_PATCH, `--output=${file}`, `${start}..${last}`, "--"];
        await git(args, { cwd: site.repo, content: true });
        return true;
      }),
  });
}
