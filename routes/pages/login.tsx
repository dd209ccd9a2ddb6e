// The way in for a browser when a token is asked for: one form, no script. The cookie it sets is derived from the token,
// so that the token itself is not kept anywhere, and a new token ends every session.

import { type Context, Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { readToken, sameSecret, sessionCookie, sessionOf, type Token } from "../guard/guard.ts";
import { wrongTokens } from "../guard/wrong_tokens.ts";
import { plainPage } from "./plain_page.tsx";

export interface LoginOptions {
  /** Null: nothing to log in to. */
  token: Token;
  /** The address of the site's stylesheet. */
  stylesheet: string | null;
}

const sessionSeconds = 30 * 24 * 3600;
const wrongAtMost = 10;

export function login({ token: source, stylesheet }: LoginOptions): Hono {
  const app = new Hono();
  // One count for all, the address aside: this is where a person types.
  const wrong = wrongTokens({ atMost: wrongAtMost });

  async function answer(c: Context, status: 200 | 403 | 429, error: string | null) {
    const children = <LoginForm next={nextOf(c.req.query("next"))} error={error} />;
    return await plainPage(c, status, { title: "Log in", stylesheet, children });
  }

  app.get("/login", async (c) => await readToken(source) === null ? c.redirect("/", 303) : await answer(c, 200, null));

  app.post("/login", async (c) => {
    const next = nextOf(c.req.query("next"));
    const token = await readToken(source);
    if (token === null) return c.redirect(next, 303);
    const given = (new URLSearchParams(await c.req.text()).get("token") ?? "").trim();
    if (given === "") return await answer(c, 403, "Type the token");
    if (!sameSecret(given, token)) {
      await wrong.add("", given);
      const seconds = await wrong.slowDown("");
      if (seconds === 0) return await answer(c, 403, "That is not the token");
      c.header("retry-after", String(seconds));
      return await answer(c, 429, "Too many wrong tokens: wait a minute, then try again");
    }
    setCookie(c, sessionCookie, await sessionOf(token), {
      httpOnly: true,
      sameSite: "Strict",
      path: "/",
      maxAge: sessionSeconds,
      secure: new URL(c.req.url).protocol === "https:" || c.req.header("x-forwarded-proto") === "https",
    });
    return c.redirect(next, 303);
  });

  // A session is not kept anywhere, so it ends in this browser alone; a new token ends them all.
  app.post("/logout", (c) => {
    deleteCookie(c, sessionCookie, { path: "/" });
    return c.redirect("/login", 303);
  });

  return app;
}

/** Where to go afterwards: a path of this site, never another site's address. */
function nextOf(text: string | undefined): string {
  return text !== undefined && /^\/(?![/\\])[\x21-\x7e]{0,500}$/.test(text) ? text : "/";
}

function LoginForm({ next, error }: { next: string; error: string | null }) {
  const action = next === "/" ? "/login" : `/login?next=${encodeURIComponent(next)}`;
  return (
    <>
      <h1>Personal Coder</h1>
      <form method="post" action={action}>
        <p class="field">
          <label for="token">Token</label>
          <input
            id="token"
            name="token"
            type="password"
            autocomplete="current-password"
            required
            autofocus
            aria-invalid={error === null ? undefined : "true"}
            aria-describedby={error === null ? "where" : "error where"}
          />
          {error && <span id="error" class="field-error" role="alert">{error}</span>}
        </p>
        <p id="where" class="muted">
          It is the value of CODER_TOKEN or in CODER_TOKEN_FILE, or was printed when the service started and is in the
          file <code>token</code> of its data folder.
        </p>
        <button type="submit" class="primary">Log in</button>
      </form>
    </>
  );
}
