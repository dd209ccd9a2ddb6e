// What happened, as a tab: what the agent means to do, over what it did and said.

import { useFileOpener } from "../files/file_opener.ts";
import { FileOpenerContext } from "../parts/file_opener.ts";
import type { OpenTask } from "../state/open_task.ts";
import { TodoList } from "./todo_list.tsx";
import { Transcript } from "./transcript.tsx";

export function TranscriptTab({ open, drawer }: { open: OpenTask; drawer: boolean }) {
  const opener = useFileOpener(open, { drawer });
  return (
    <FileOpenerContext.Provider value={opener}>
      <TodoList open={open} />
      <Transcript open={open} />
    </FileOpenerContext.Provider>
  );
}
