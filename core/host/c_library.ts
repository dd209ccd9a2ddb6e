/** Where the C library is, for what Deno has no call for; undefined where we know no name of it. */
export const cLibrary: string | undefined =
  ({ linux: "libc.so.6", darwin: "libSystem.B.dylib" } as Partial<Record<typeof Deno.build.os, string>>)[Deno.build.os];
