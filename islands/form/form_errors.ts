// What is wrong with what was typed, at the fields of the form: what the server refuses, and what the browser cannot read.

import { Problem } from "../stream/api.ts";
import { type DraftField, errorWords, fieldOf } from "./task_draft.ts";

export type Errors = Partial<Record<DraftField | "form", string>>;

/** The server's errors at their fields; what belongs to none stands above the form. */
export function errorsOf(error: unknown): Errors {
  if (!(error instanceof Problem)) {
    console.error(error);
    return { form: "Something went wrong on this page" };
  }
  const errors: Errors = {};
  const others: string[] = [];
  for (const { path, message } of error.errors) {
    const field = fieldOf(path);
    if (field && !errors[field]) errors[field] = errorWords(path, message);
    else if (!field) others.push(path ? `${path}: ${message}` : message);
  }
  if (others.length > 0 || Object.keys(errors).length === 0) errors.form = [error.message, ...others].join(". ");
  return errors;
}

/** Fields in which something stands that is no number: the browser gives it as empty, which would be no limit at all. */
export function unreadable(
  inputs: Iterable<{ readonly id: string; readonly validity: Pick<ValidityState, "badInput"> }>,
): Errors {
  const errors: Errors = {};
  for (const { id, validity } of inputs) {
    if (validity.badInput) errors[id.replace(/^field-/, "") as DraftField] = "A number is needed";
  }
  return errors;
}
