// The dialog that lies over a page.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { openTask } from "../state/actions.ts";
import { Icon } from "../parts/icon.tsx";
import { lazy } from "../parts/lazy.tsx";
import { KeyHelp } from "./key_help.tsx";
import { Palette } from "./palette.tsx";
import { PriorityBody, RefusedBody, TagsBody } from "../board/board_dialogs.tsx";
import { Checks } from "../board/preflight.tsx";
import { useStore } from "../state/store.ts";
import { TaskForm } from "../form/task_form.tsx";
import { QuestionBody } from "../landing/question.tsx";

// Nobody types into these at once, and most pages never show them.
const landing = lazy("LandingDialog", () => import("../loaded/landing.ts"));
const fork = lazy("ForkDialog", () => import("../loaded/landing.ts"));
const elsewhere = lazy("Elsewhere", () => import("../loaded/landing.ts"));

export function Dialogs() {
  const store = useStore();
  const overlay = store.overlay.value;
  // What was opened in its place stays: a browser tells late that a dialog has closed.
  const close = () => {
    if (store.overlay.peek() === overlay) store.overlay.value = null;
  };
  switch (overlay?.kind) {
    case "new":
      return (
        <Dialog title="New task" wide onClose={close}>
          <TaskForm
            from={overlay.from}
            onCancel={close}
            onDone={(task) => {
              close();
              if (task && store.page.kind === "task") void openTask(store, task.id);
            }}
          />
        </Dialog>
      );
    case "edit":
      return (
        <Dialog title={`Edit task ${overlay.task.id}`} wide onClose={close}>
          <TaskForm from={null} editing={overlay.task} onCancel={close} onDone={close} />
        </Dialog>
      );
    case "retry":
      return (
        <Dialog title={`Retry task ${overlay.task.id} with changes`} wide onClose={close}>
          <TaskForm from={null} retrying={overlay.task} onCancel={close} onDone={close} />
        </Dialog>
      );
    case "palette":
      return (
        <Dialog title="Commands" bare onClose={close}>
          <Palette key={overlay.compareWith ?? 0} compareWith={overlay.compareWith} />
        </Dialog>
      );
    case "help":
      return (
        <Dialog title="Keys" onClose={close}>
          <KeyHelp />
        </Dialog>
      );
    case "setup":
      return (
        <Dialog title="This service" onClose={close}>
          <Checks />
        </Dialog>
      );
    case "landing":
      return (
        <Dialog title={`Land task ${overlay.open.id}`} wide onClose={close}>
          <landing.View open={overlay.open} onClose={close} />
        </Dialog>
      );
    case "elsewhere":
      return (
        <Dialog title={`Task ${overlay.open.id} elsewhere`} wide onClose={close}>
          <elsewhere.View open={overlay.open} />
        </Dialog>
      );
    case "fork":
      return (
        <Dialog title={`New task from task ${overlay.open.id}, event ${overlay.at}`} wide onClose={close}>
          <fork.View open={overlay.open} at={overlay.at} onClose={close} />
        </Dialog>
      );
    case "ask":
      return (
        <Dialog title={overlay.title} onClose={close}>
          {/* What refused is said in its place, and stays. */}
          <QuestionBody question={overlay} onClose={close} />
        </Dialog>
      );
    case "refused":
      return (
        <Dialog title={overlay.title} onClose={close}>
          <RefusedBody refusals={overlay.refusals} onClose={close} />
        </Dialog>
      );
    case "tags":
      return (
        <Dialog title={`Tags of task ${overlay.task.id}`} onClose={close}>
          <TagsBody task={overlay.task} onClose={close} />
        </Dialog>
      );
    case "priority":
      return (
        <Dialog
          title={overlay.ids.length === 1
            ? `Priority of task ${overlay.ids[0]}`
            : `Priority of ${overlay.ids.length} tasks`}
          onClose={close}
        >
          <PriorityBody ids={overlay.ids} priority={overlay.priority} onClose={close} />
        </Dialog>
      );
    default:
      return null;
  }
}

interface DialogProps {
  title: string;
  wide?: boolean;
  /** Without a visible title. */
  bare?: boolean;
  onClose(): void;
  children: ComponentChildren;
}

function Dialog({ title, wide, bare, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  // At once: a key typed right after belongs to the dialog.
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      // As long as it is open, nothing below it takes the focus.
      shown?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? "wide" : bare ? "bare" : ""}
      aria-label={title}
      // At once, as Esc is: the next key is for the page.
      onCancel={(event) => event.target === dialog.current && onClose()}
      onClose={onClose}
      onPointerDown={(event) => event.target === dialog.current && onClose()}
    >
      <div class="dialog-body">
        {!bare && (
          <div class="dialog-title">
            <h2>{title}</h2>
            <button type="button" class="quiet icon-only" aria-label="Close" onClick={onClose}>
              <Icon name="close" />
            </button>
          </div>
        )}
        {children}
      </div>
    </dialog>
  );
}
