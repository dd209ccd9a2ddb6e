// The review's part of the API, answered in the browser by the test: comments in memory, files from the real repository.

import { Buffer } from "node:buffer";
import type { Page, Route } from "playwright-core";
import type { CommentView, NewComment, ReviewFields } from "../../core/view/review_view.ts";
import type { TestService } from "../support/service.ts";
import type { TempRepository } from "../support/temp.ts";

/** `repository` where files are asked for. */
interface ReviewedTask {
  readonly service: TestService;
  readonly id: number;
  readonly repository?: TempRepository;
}

export class ReviewApi {
  comments: CommentView[] = [];
  /** What `send` was called with. */
  readonly sent: { text?: string; ids?: string[] }[] = [];
  readonly #world: ReviewedTask;
  #seq = 1;

  constructor(world: ReviewedTask) {
    this.#world = world;
  }

  /** Answers the requests of a page from now on. */
  async serve(page: Page): Promise<void> {
    const at = `${this.#world.service.url}/api/tasks/${this.#world.id}`;
    await page.route(`${at}/file?*`, (route) => this.#file(route));
    await page.route(new RegExp(`^${at}/comments`), (route) => this.#comment(route));
    await page.route(at, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...await response.json(), ...this.#fields() } });
    });
    await page.route(new RegExp(`^${this.#world.service.url}/tasks/${this.#world.id}`), async (route) => {
      const response = await route.fetch();
      const fields = JSON.stringify(this.#fields()).slice(1, -1);
      const body = (await response.text()).replace(/("task":\{"task":\{)/, `$1${fields},`);
      await route.fulfill({ response, body });
    });
  }

  #fields(): ReviewFields {
    const unsent = this.comments.filter(({ sent }) => sent === null).length;
    return {
      points: [{ name: "run-1", seq: 7, at: new Date(0).toISOString() }],
      comments: { total: this.comments.length, unsent, seq: this.#seq },
    };
  }

  async #file(route: Route): Promise<void> {
    const query = new URL(route.request().url()).searchParams;
    const [path, at] = [query.get("path")!, query.get("at")!];
    const { stdout, success } = await new Deno.Command("git", {
      args: ["show", `${at === "now" ? (await this.#world.service.task(this.#world.id)).branch : "main"}:${path}`],
      cwd: this.#world.repository?.path,
    }).output();
    const contentType = path.endsWith(".png") ? "image/png" : "text/plain; charset=utf-8";
    await route.fulfill(success ? { body: Buffer.from(stdout), contentType } : { status: 404, json: {} });
  }

  async #comment(route: Route): Promise<void> {
    const request = route.request();
    const id = new URL(request.url()).pathname.split("/comments")[1]!.slice(1);
    const method = request.method();
    this.#seq++;
    if (method === "GET") return await route.fulfill({ json: { comments: this.comments } });
    if (method === "DELETE") {
      this.comments = this.comments.filter((one) => one.id !== id);
      return await route.fulfill({ status: 204 });
    }
    if (id === "send") {
      const body = request.postDataJSON();
      this.sent.push(body);
      this.comments = this.comments.map((one) => body.ids.includes(one.id) ? { ...one, sent: 8 } : one);
      const task = await this.#world.service.task(this.#world.id);
      return await route.fulfill({ status: 202, json: { ...task, ...this.#fields() } });
    }
    if (method === "PATCH") {
      const changes = request.postDataJSON();
      this.comments = this.comments.map((one) => one.id === id ? { ...one, ...changes } : one);
      return await route.fulfill({ json: this.comments.find((one) => one.id === id) });
    }
    const comment = commentOf(request.postDataJSON(), this.comments.length + 1);
    this.comments.push(comment);
    await route.fulfill({ status: 201, json: comment });
  }
}

export function commentOf(from: NewComment, number: number): CommentView {
  return {
    blob: null,
    ...from,
    id: `c${number}`,
    at: new Date(0).toISOString(),
    by: "ui",
    resolved: false,
    sent: null,
    outdated: false,
    edited_at: null,
  };
}
