// What ends a command, and the exit codes by which scripts tell the ends apart.

export const exitCodes = {
  /** Done; of `watch` and `land`: the task is completed, the work has landed. */
  done: 0,
  /** It did not work out: refused, failed, cancelled. */
  failed: 1,
  /** The command line, or a value in it, is wrong. */
  usage: 2,
  /** No service answers, or it cannot for the moment. */
  unreachable: 3,
} as const;

export type ExitCode = typeof exitCodes[keyof typeof exitCodes];

/** Ends the command with one line on stderr. */
export class Failure extends Error {
  readonly code: ExitCode;

  constructor(kind: keyof typeof exitCodes, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = exitCodes[kind];
  }
}
