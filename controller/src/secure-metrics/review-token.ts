import * as z from "zod";
import type { KubeClient } from "../kube/index.ts";
import type { ReviewToken } from "./scraper-access.ts";

const TOKEN_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews";
const ACCESS_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

const userSchema = z.object({
  username: z.string().min(1),
  uid: z.string().optional(),
  groups: z.array(z.string()).optional(),
  extra: z.record(z.string(), z.array(z.string())).optional(),
});
type User = z.infer<typeof userSchema>;

const tokenReviewSchema = z.object({
  status: z.object({ authenticated: z.boolean().default(false), user: z.unknown() }).default({
    authenticated: false,
    user: undefined,
  }),
});
const accessReviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

/**
 * Asks the API server whose token it is (TokenReview), and whether this user may `get` the path /metrics
 * (SubjectAccessReview). It needs the right to create both.
 */
export function tokenReviewer(kube: KubeClient): ReviewToken {
  return async (token) => {
    const user = await userOf(kube, token);
    if (user === undefined) return "unauthenticated";
    return (await mayReadMetrics(kube, user)) ? "allowed" : "forbidden";
  };
}

async function userOf(kube: KubeClient, token: string): Promise<User | undefined> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
  const answer = await kube.raw({ method: "POST", path: TOKEN_REVIEWS, body });
  const { status } = tokenReviewSchema.parse(JSON.parse(answer.body));
  return status.authenticated ? userSchema.parse(status.user) : undefined;
}

async function mayReadMetrics(kube: KubeClient, { username, uid, groups, extra }: User): Promise<boolean> {
  const spec = {
    user: username,
    uid,
    groups,
    extra,
    nonResourceAttributes: { path: "/metrics", verb: "get" },
  };
  const body = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
  const answer = await kube.raw({ method: "POST", path: ACCESS_REVIEWS, body });
  return accessReviewSchema.parse(JSON.parse(answer.body)).status.allowed;
}
