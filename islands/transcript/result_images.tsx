// The images that a tool answered with, as the raw log has them; each is loaded when it comes near the view.

import { useState } from "preact/hooks";
import type { ResultImage } from "../../core/domain/event.ts";
import { bytes } from "../../core/view/format.ts";
import { useStore } from "../state/store.ts";

export function ResultImages({ call, images }: { call: string; images: ResultImage[] }) {
  const task = useStore().open.value;
  if (!task || images.length === 0) return null;
  const url = `/api/tasks/${task.id}/results/${encodeURIComponent(call)}/images`;
  return (
    <div class="result-images">
      {images.map((image, index) => <Picture key={index} src={`${url}/${index}`} image={image} number={index + 1} />)}
    </div>
  );
}

function Picture({ src, image, number }: { src: string; image: ResultImage; number: number }) {
  const [isGone, setGone] = useState(false);
  const words = `Image ${number}, ${bytes(image.bytes)}`;
  if (isGone) return <p class="muted">{words}: the raw log does not have it any more</p>;
  return (
    <a href={src} target="_blank" rel="noopener" title={words}>
      <img src={src} alt={words} loading="lazy" decoding="async" onError={() => setGone(true)} />
    </a>
  );
}
