// Where a signature of the body takes the place of the token. The route itself looks at it.

export const githubDeliveryPath = "/api/github/deliveries";

export const signedPaths: ReadonlySet<string> = new Set([githubDeliveryPath]);
