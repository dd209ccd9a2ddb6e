// Where a pushed branch is on the web, by the URL of its remote. Pure. A host that keeps its pages elsewhere is told by its name;
// of one that is none of those that are known here, there are no links.

/** What serves a repository. `gitea` stands for Forgejo, too. */
export type WebHost = "github" | "gitlab" | "gitea" | "bitbucket";

export interface WebLinks {
  host: WebHost | null;
  /** The page that opens a new pull or merge request; null also when branch and target are one. */
  pull_request: string | null;
  /** The page of the branch. */
  branch: string | null;
}

const words: [word: string, host: WebHost][] = [
  ["github", "github"],
  ["gitlab", "gitlab"],
  ["gitea", "gitea"],
  ["forgejo", "gitea"],
  ["codeberg", "gitea"],
  ["bitbucket", "bitbucket"],
];

/** Names that serve nothing but ssh, and where their pages are. */
const pageNames: ReadonlyMap<string, string> = new Map([
  ["ssh.github.com", "github.com"],
  ["altssh.gitlab.com", "gitlab.com"],
  ["altssh.bitbucket.org", "bitbucket.org"],
]);

const none: WebLinks = { host: null, pull_request: null, branch: null };

/** The links for a branch that is to go into `target`, of a remote's URL: https, ssh or `user@host:path`; any text may come. */
export function webLinks(url: string, { branch, target }: { branch: string; target: string }): WebLinks {
  const remote = remoteOf(url.toWellFormed());
  const host = remote && words.find(([word]) => remote.name.includes(word))?.[1];
  if (!remote || !host) return none;
  const links = pagesOf[host](remote, { branch, target });
  if (links === null) return none;
  return { host, pull_request: branch === target ? null : links.request, branch: links.branch };
}

interface Remote {
  /** The host's name in lower case, and the origin of its pages. */
  name: string;
  origin: string;
  /** Of the repository, encoded. */
  path: string[];
}

function remoteOf(url: string): Remote | null {
  const [, scheme, place, path] = /^([a-z][a-z0-9+-]*):\/\/(?:[^/]*@)?([^/@]+)\/(.+)$/i.exec(url) ??
    // `user@host:path`; a slash before the colon makes it a path.
    /^()(?:[^/:@]+@)?([^/:@]+):(?!\/\/)(.+)$/.exec(url) ?? [];
  if (place === undefined || path === undefined) return null;
  const [, host, port = ""] = /^([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(:\d+)?$/i.exec(place) ?? [];
  const parts = path.replace(/\/+$/, "").replace(/\.git$/, "").split("/").filter((part) => part !== "");
  if (host === undefined || parts.length < 2 || parts.some((part) => /^\.+$/.test(part))) {
    return null;
  }
  const name = pageNames.get(host.toLowerCase()) ?? host.toLowerCase();
  const origin = originOf(scheme!.toLowerCase(), name, port);
  return origin === null ? null : { name, origin, path: parts.map(encodedOnce) };
}

/** The port of ssh is none of the pages. */
function originOf(scheme: string, name: string, port: string): string | null {
  if (scheme === "http" || scheme === "https") return `${scheme}://${name}${port}`;
  return /^(|ssh|git|git\+ssh|ssh\+git)$/.test(scheme) ? `https://${name}` : null;
}

/** The path of a URL may be encoded already. */
function encodedOnce(part: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(part)).replace(/^%7E/, "~");
  } catch {
    return encodeURIComponent(part);
  }
}

/** A branch in a path: its slashes stay. */
function inPath(branch: string): string {
  return branch.split("/").map(encodeURIComponent).join("/");
}

type Pages = (
  remote: Remote,
  branches: { branch: string; target: string },
) => { request: string; branch: string } | null;

const pagesOf: Record<WebHost, Pages> = {
  github({ origin, path }, { branch, target }) {
    const base = `${origin}/${path.join("/")}`;
    return {
      request: `${base}/compare/${inPath(target)}...${inPath(branch)}?expand=1`,
      branch: `${base}/tree/${inPath(branch)}`,
    };
  },
  gitlab({ origin, path }, { branch, target }) {
    const base = `${origin}/${path.join("/")}/-`;
    const [source, into] = [encodeURIComponent(branch), encodeURIComponent(target)];
    const query = `merge_request%5Bsource_branch%5D=${source}&merge_request%5Btarget_branch%5D=${into}`;
    return { request: `${base}/merge_requests/new?${query}`, branch: `${base}/tree/${inPath(branch)}` };
  },
  gitea({ origin, path }, { branch, target }) {
    const base = `${origin}/${path.join("/")}`;
    return {
      request: `${base}/compare/${inPath(target)}...${inPath(branch)}`,
      branch: `${base}/src/branch/${inPath(branch)}`,
    };
  },
  bitbucket(remote, branches) {
    return remote.name === "bitbucket.org" ? bitbucketCloud(remote, branches) : bitbucketServer(remote, branches);
  },
};

const bitbucketCloud: Pages = ({ origin, path }, { branch, target }) => {
  const base = `${origin}/${path.join("/")}`;
  const query = `source=${encodeURIComponent(branch)}&dest=${encodeURIComponent(target)}`;
  return { request: `${base}/pull-requests/new?${query}`, branch: `${base}/branch/${inPath(branch)}` };
};

/** The one that runs at home: it is cloned from `/scm/{project}/{repository}`, and by ssh without the `scm`. */
const bitbucketServer: Pages = ({ origin, path }, { branch, target }) => {
  const [project, repository] = path.slice(-2);
  const before = path.slice(0, -2).filter((part, at, all) => part !== "scm" || at !== all.length - 1);
  const owner = project!.startsWith("~") ? `users/${project!.slice(1)}` : `projects/${project}`;
  const base = [origin, ...before, owner, "repos", repository].join("/");
  const [source, into] = [branch, target].map((name) => encodeURIComponent(`refs/heads/${name}`));
  return {
    request: `${base}/pull-requests?create&sourceBranch=${source}&targetBranch=${into}`,
    branch: `${base}/browse?at=${source}`,
  };
};
