import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { webLinks } from "../../core/view/web_links.ts";
import { runs } from "../support/runs.ts";

const branches = { branch: "task-12-fix/it", target: "main" };
const links = (url: string, names = branches) => webLinks(url, names);

Deno.test("webLinks() are the same for every way to write a remote", () => {
  const pull_request = "https://github.com/ada/shop/compare/main...task-12-fix/it?expand=1";
  const urls = [
    "https://github.com/ada/shop",
    "https://github.com/ada/shop.git",
    "https://github.com/ada/shop.git/",
    "https://bob:s3cret@GitHub.com/ada/shop.git",
    "https://bob:s3@cret@github.com/ada/shop.git",
    "git@github.com:ada/shop.git",
    "github.com:ada/shop",
    "git@github.com:/ada/shop.git",
    "ssh://git@github.com/ada/shop.git",
    "ssh://git@github.com:22/ada/shop.git",
    "ssh://git@ssh.github.com:443/ada/shop.git",
    "git+ssh://git@github.com/ada/shop.git",
    "git://github.com/ada/shop.git",
  ];
  for (const url of urls) {
    const expected = { host: "github", pull_request, branch: "https://github.com/ada/shop/tree/task-12-fix/it" };
    assertEquals<unknown>(links(url), expected, url);
  }
});

Deno.test("webLinks() has the pages of each host, with subgroups, ports and folders", () => {
  const expected: Record<string, [host: string, request: string, branch: string]> = {
    "git@gitlab.com:group/sub/deeper/shop.git": [
      "gitlab",
      "https://gitlab.com/group/sub/deeper/shop/-/merge_requests/new" +
      "?merge_request%5Bsource_branch%5D=task-12-fix%2Fit&merge_request%5Btarget_branch%5D=main",
      "https://gitlab.com/group/sub/deeper/shop/-/tree/task-12-fix/it",
    ],
    "https://gitlab.example.com:8443/group/shop.git": [
      "gitlab",
      "https://gitlab.example.com:8443/group/shop/-/merge_requests/new" +
      "?merge_request%5Bsource_branch%5D=task-12-fix%2Fit&merge_request%5Btarget_branch%5D=main",
      "https://gitlab.example.com:8443/group/shop/-/tree/task-12-fix/it",
    ],
    "ssh://git@codeberg.org/ada/shop.git": [
      "gitea",
      "https://codeberg.org/ada/shop/compare/main...task-12-fix/it",
      "https://codeberg.org/ada/shop/src/branch/task-12-fix/it",
    ],
    "http://forgejo.lan:3000/git/ada/shop.git": [
      "gitea",
      "http://forgejo.lan:3000/git/ada/shop/compare/main...task-12-fix/it",
      "http://forgejo.lan:3000/git/ada/shop/src/branch/task-12-fix/it",
    ],
    "ssh://git@gitea.lan:2222/ada/shop.git": [
      "gitea",
      "https://gitea.lan/ada/shop/compare/main...task-12-fix/it",
      "https://gitea.lan/ada/shop/src/branch/task-12-fix/it",
    ],
    "git@bitbucket.org:team/shop.git": [
      "bitbucket",
      "https://bitbucket.org/team/shop/pull-requests/new?source=task-12-fix%2Fit&dest=main",
      "https://bitbucket.org/team/shop/branch/task-12-fix/it",
    ],
    "https://bitbucket.example.com/stash/scm/KEY/shop.git": [
      "bitbucket",
      "https://bitbucket.example.com/stash/projects/KEY/repos/shop/pull-requests" +
      "?create&sourceBranch=refs%2Fheads%2Ftask-12-fix%2Fit&targetBranch=refs%2Fheads%2Fmain",
      "https://bitbucket.example.com/stash/projects/KEY/repos/shop/browse?at=refs%2Fheads%2Ftask-12-fix%2Fit",
    ],
    "ssh://git@bitbucket.example.com:7999/~ada/shop.git": [
      "bitbucket",
      "https://bitbucket.example.com/users/ada/repos/shop/pull-requests" +
      "?create&sourceBranch=refs%2Fheads%2Ftask-12-fix%2Fit&targetBranch=refs%2Fheads%2Fmain",
      "https://bitbucket.example.com/users/ada/repos/shop/browse?at=refs%2Fheads%2Ftask-12-fix%2Fit",
    ],
  };
  for (const [url, [host, pull_request, branch]] of Object.entries(expected)) {
    assertEquals<unknown>(links(url), { host, pull_request, branch }, url);
  }
});

Deno.test("webLinks() knows no pages of other hosts, of folders, and of what is no repository", () => {
  const urls = [
    "",
    "/srv/github/shop.git",
    "../github.com/ada/shop",
    "file:///github.com/ada/shop",
    "C:\\github\\shop",
  ];
  for (
    const url of [
      ...urls,
      "git@example.com:ada/shop.git",
      "git@constructor:ada/shop.git",
      "https://github.com/",
      "https://github.com/shop",
      "https://github.com/../shop",
      "https://git_hub.github/../x",
      "ext::github.com/ada/shop",
      "javascript://github.com/ada/shop",
      "https://github.com@evil.example/ada/shop",
    ]
  ) assertEquals(links(url), { host: null, pull_request: null, branch: null }, url);
});

Deno.test("webLinks() opens no request of a branch into itself", () => {
  const { pull_request, branch } = links("git@github.com:ada/shop.git", { branch: "main", target: "main" });
  assertEquals([pull_request, branch], [null, "https://github.com/ada/shop/tree/main"]);
});

Deno.test("webLinks() are links to the host that was named, whatever the names are", () => {
  const hosts = fc.constantFrom("github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "bitbucket.lan");
  const name = fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.toWellFormed());
  fc.assert(
    fc.property(hosts, name, name, name, (host, path, branch, target) => {
      const { pull_request, branch: page } = webLinks(`git@${host}:ada/${path}`, { branch, target });
      for (const link of [pull_request, page]) {
        if (link === null) continue;
        const { protocol, host: named, hash } = new URL(link);
        assert(
          protocol === "https:" && named === host && hash === "" && !/[\s"<>]/.test(link),
          link,
        );
      }
    }),
    { numRuns: runs(300) },
  );
});
