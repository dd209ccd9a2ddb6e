// What the board is.

import "./shared.ts";

export { TaskBoard } from "../board/task_board.tsx";
