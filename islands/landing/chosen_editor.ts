// The editor that was chosen last, as this browser keeps it.

import { type Editor, editorOf } from "./places.ts";

const key = "coder.editor";

export function chosenEditor(): Editor {
  return editorOf(localStorage.getItem(key));
}

export function chooseEditor(editor: Editor): void {
  localStorage.setItem(key, editor);
}
