/** A new array with all bytes of `buffers`, in order. */
export function concat(buffers: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;
