// A picture before and after. Always by its address: what a picture's file says is never part of the page.

import { fileUrl } from "../stream/api.ts";
import type { Review } from "./review.ts";
import type { DiffFile } from "./unified_diff.ts";

export function isImage(path: string): boolean {
  return /\.(?:png|jpe?g|gif|webp|avif|svg)$/i.test(path);
}

export function ImagePair({ review, file }: { review: Review; file: DiffFile }) {
  const before = fileUrl(review.task, file.from ?? file.path, review.from.value);
  const after = fileUrl(review.task, file.path, review.to.value);
  return (
    <div class="image-pair">
      {file.change !== "added" && (
        <figure>
          <img key={`${before} ${file.oldBlob}`} src={before} alt={`${file.path} before`} loading="lazy" />
          <figcaption>Before</figcaption>
        </figure>
      )}
      {file.change !== "deleted" && (
        <figure>
          <img key={`${after} ${file.blob}`} src={after} alt={`${file.path} after`} loading="lazy" />
          <figcaption>After</figcaption>
        </figure>
      )}
    </div>
  );
}
