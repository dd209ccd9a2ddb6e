// What the MCP server says of itself, over HTTP and over stdio alike.

export const mcpServer = { name: "personal-coder", title: "Personal Coder" } as const;

export const mcpInstructions =
  "A queue for unattended coding work. create_task hands a prompt to an agent that works alone, in a worktree and branch " +
  "of its own; it starts when a slot is free and may take minutes to hours, so look again with get_task rather than wait. " +
  "What is finished stands on its branch until it is landed. A plan that waits for approval, and landing, are a person's " +
  "to decide: ask before approve_plan and land_task.";
