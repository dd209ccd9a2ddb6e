// What the board is.

import "./shared.ts";
import { arrive } from "../parts/lazy.tsx";
import { TaskBoard } from "../board/task_board.tsx";

arrive({ TaskBoard });

export { TaskBoard };
