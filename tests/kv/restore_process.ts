// A process of its own that restores a backup and is killed in the middle, for restore_test.ts: FROM TO STAMP N. Before the
// N-th thing it does to the disk it kills itself, so that what is on the disk then is what a crash leaves. It says each one.

import { basename } from "@std/path";
import { restoreDatabase } from "../../core/kv/backup.ts";

const [from, to, stamp, killAt] = Deno.args as [string, string, string, string];
let step = 0;

function before(what: string): void {
  if (++step === Number(killAt)) Deno.kill(Deno.pid, "SIGKILL");
  console.log(what);
}

const real = { ...Deno };
const named = (path: string | URL) => basename(String(path));
Deno.rename = (one, other) => {
  before(`rename ${named(one)} ${named(other)}`);
  return real.rename(one, other);
};
Deno.link = (one, other) => {
  before(`link ${named(one)} ${named(other)}`);
  return real.link(one, other);
};
Deno.remove = (path, options) => {
  before(`remove ${named(path)}`);
  return real.remove(path, options);
};
Deno.chmod = (path, mode) => {
  before(`chmod ${named(path)}`);
  return real.chmod(path, mode);
};
Deno.open = async (path, options) => {
  if (options?.createNew) before(`create ${named(path)}`);
  const file = await real.open(path, options);
  const syncNow = file.sync.bind(file);
  file.sync = () => {
    before(`sync ${named(path)}`);
    return syncNow();
  };
  return file;
};

await restoreDatabase(from, to, { stamp });
