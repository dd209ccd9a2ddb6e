// The errors a caller can expect. `routes/api/error_response.ts` turns each code into one HTTP status.

export type ErrorCode =
  /** The thing that was named does not exist. */
  | "not_found"
  /** The command is not allowed in the task's present state. */
  | "conflict"
  /** `If-Match` named another version. */
  | "precondition_failed"
  /** A value is wrong; `issues` says which. */
  | "invalid"
  /** The writer's run is closed or was taken over: it must stop and write nothing more. */
  | "fenced"
  /** The service cannot do it now; the same call may succeed later. */
  | "unavailable";

export interface Issue {
  /** Where in the input, such as `depends_on.0`. */
  path: string;
  message: string;
}

/** An expected refusal. Messages name action, value and state: `Cannot edit task 12: it is completed`. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly issues: Issue[];

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; issues?: Issue[] } = {}) {
    super(message, { cause: options.cause });
    this.name = "DomainError";
    this.code = code;
    this.issues = options.issues ?? [];
  }
}

/** For `catch`: an expected refusal becomes null; anything else is thrown on. */
export function nullIfExpected(error: unknown): null {
  if (error instanceof DomainError) return null;
  throw error;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether somebody else has what was to be written to: the run was taken over, or is closed. */
export function isFenced(error: unknown): boolean {
  return error instanceof DomainError && error.code === "fenced";
}
