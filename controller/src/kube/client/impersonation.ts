import type { ClusterAccess } from "./cluster-access.ts";

/** For whom a request is made, where it is not the user who sends it. */
export interface Impersonation {
  readonly user?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly uid?: string | undefined;
}

/**
 * The same access, in the name of another user, as with `kubectl --as`. The API server checks whether the caller may do
 * so. Without a user, the access is returned as it is.
 */
export function impersonating(access: ClusterAccess, who: Impersonation): ClusterAccess {
  const { user, groups = [], uid } = who;
  if (user === undefined) return access;
  const headers = {
    "impersonate-user": user,
    ...(groups.length > 0 && { "impersonate-group": [...groups] }),
    ...(uid !== undefined && { "impersonate-uid": uid }),
  };
  return {
    ...access,
    async read(afterRefusal) {
      const credentials = await access.read(afterRefusal);
      return { ...credentials, headers: { ...credentials.headers, ...headers } };
    },
  };
}
