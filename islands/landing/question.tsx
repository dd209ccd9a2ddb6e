// A question before something that is not easily taken back.

import { useSignal } from "@preact/signals";
import type { Question } from "../state/store.ts";

export function QuestionBody({ question, onClose }: { question: Question; onClose(): void }) {
  const busy = useSignal(false);
  const act = async () => {
    busy.value = true;
    if (await question.run()) onClose();
    else busy.value = false;
  };
  return (
    <>
      <p>{question.text}</p>
      <div class="form-actions">
        <button type="button" onClick={onClose}>Keep it as it is</button>
        <button type="button" class="danger" disabled={busy.value} onClick={act}>{question.action}</button>
      </div>
    </>
  );
}
