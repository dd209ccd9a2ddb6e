// Unsetting a variable leaves what a process was started with in memory, and there everybody with the same user id reads it
// (`/proc/PID/environ`, `ps e`). So the bytes themselves are overwritten.

const libraries: Partial<Record<typeof Deno.build.os, string>> = { linux: "libc.so.6", darwin: "libSystem.B.dylib" };

/**
 * Overwrites the values of these variables in this process's own environment, and unsets them. Where that cannot be done (no
 * permission for foreign functions, another C library) they are only unset.
 */
export function eraseEnvironment(names: readonly string[]): void {
  const set = names.filter((name) => Deno.env.get(name) !== undefined);
  if (set.length > 0) {
    try {
      overwrite(set);
    } catch { /* docs/security.md says what remains then */ }
  }
  for (const name of set) Deno.env.delete(name);
}

function overwrite(names: string[]): void {
  const library = libraries[Deno.build.os];
  if (library === undefined) return;
  const { symbols, close } = Deno.dlopen(library, { getenv: { parameters: ["buffer"], result: "pointer" } });
  for (const name of names) {
    const pointer = symbols.getenv(new TextEncoder().encode(`${name}\0`));
    if (pointer === null) continue;
    const length = new TextEncoder().encode(Deno.UnsafePointerView.getCString(pointer)).length;
    new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, length)).fill(0);
  }
  close();
}
