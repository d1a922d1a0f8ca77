import type { KubeClient } from "@signatureapi-keys/controller/kube";
import * as z from "zod";
import type { CheckedRight } from "../facts.ts";
import { attempt, type Read } from "../read.ts";
import type { Right } from "../rights.ts";

const API = "authorization.k8s.io/v1";
/** So many questions at a time: they are cheap, and there are some forty. */
const AT_A_TIME = 8;

const reviewSchema = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });

/** Whether a user has rights. @param user as `system:serviceaccount:…`; undefined for the user of the plugin */
export async function reviewRights(
  kube: Pick<KubeClient, "raw">,
  rights: readonly Right[],
  user: string | undefined,
): Promise<Read<readonly CheckedRight[]>> {
  return attempt(async () => {
    const checked: CheckedRight[] = [];
    for (let start = 0; start < rights.length; start += AT_A_TIME) {
      const some = rights.slice(start, start + AT_A_TIME);
      checked.push(...(await Promise.all(some.map(async (right) => review(kube, right, user)))));
    }
    return checked;
  });
}

async function review(
  kube: Pick<KubeClient, "raw">,
  right: Right,
  user: string | undefined,
): Promise<CheckedRight> {
  const [resource, subresource] = right.resource.split("/");
  const { namespace, group, verb, name } = right;
  const resourceAttributes = { namespace, group, resource, subresource, verb, name };
  const kind = user === undefined ? "SelfSubjectAccessReview" : "SubjectAccessReview";
  const subject = user === undefined ? {} : { user, groups: groupsOf(user) };
  const { body } = await kube.raw({
    method: "POST",
    path: `/apis/${API}/${kind.toLowerCase()}s`,
    body: { apiVersion: API, kind, spec: { ...subject, resourceAttributes } },
  });
  return { right, allowed: reviewSchema.parse(JSON.parse(body)).status.allowed };
}

/** The groups that the API server gives a service account. */
function groupsOf(user: string): readonly string[] {
  const [, , namespace = ""] = user.split(":");
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
}
