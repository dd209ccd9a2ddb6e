// The tools of claude that a run does without: each of them would leave the run behind. Taken away by `--disallowedTools`,
// in subagents as well; a name that a program does not know is only warned about by it.

/** Tool -> why a run does without it. */
export const refusedTools: Readonly<Record<string, string>> = {
  EnterWorktree: "goes on in another worktree, made in the person's own checkout on a branch of its own",
  ExitWorktree: "leaves the worktree of the task",
  ScheduleWakeup: "promises a later turn, which never comes: the run is over before",
  CronCreate: "promises turns at set times, which never come",
  CronDelete: "has no use without CronCreate",
  CronList: "has no use without CronCreate",
  ListAgents: "names sessions of the same user that are none of the task's",
  SendMessage: "reaches sessions of the same user that are none of the task's",
};

/** Follows the first words of every run, whatever suffix is configured. */
export const runRules =
  "Nobody is here to answer questions: decide by yourself. Work only in this worktree and stay on " +
  "its branch. What you start in the background is waited for: stop servers and watchers before you finish.";
