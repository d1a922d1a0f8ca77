import type { AuditedRequest } from "./audit-log.ts";
import { bindingOf, ofKind, rulesOf, type Rendered, type Rule } from "./rendered.ts";

/** One verb on one resource in one scope: the smallest thing that RBAC grants. */
export interface Grant {
  /** `undefined` for the whole cluster. */
  readonly namespace: string | undefined;
  readonly apiGroup: string;
  readonly resource: string;
  readonly resourceName: string | undefined;
  readonly verb: string;
}

/** All that the bindings among rendered objects grant to a service account. */
export function grantsTo(
  objects: readonly Rendered[],
  account: { readonly namespace: string; readonly name: string },
): readonly Grant[] {
  const bindings = [...ofKind(objects, "ClusterRoleBinding"), ...ofKind(objects, "RoleBinding")];
  return bindings
    .filter((binding) =>
      bindingOf(binding).subjects.some(
        ({ name, namespace }) => name === account.name && namespace === account.namespace,
      ),
    )
    .flatMap((binding) => {
      const { roleRef } = bindingOf(binding);
      const { namespace } = binding.metadata;
      const roleNamespace = roleRef.kind === "Role" ? namespace : undefined;
      const role = ofKind(objects, roleRef.kind).find(
        ({ metadata }) => metadata.name === roleRef.name && metadata.namespace === roleNamespace,
      );
      if (role === undefined)
        throw new Error(`${binding.metadata.name} binds a ${roleRef.kind} that is not there`);
      return rulesOf(role).flatMap((rule) => grantsOf(rule, namespace));
    });
}

function grantsOf(rule: Rule, namespace: string | undefined): readonly Grant[] {
  return rule.apiGroups.flatMap((apiGroup) =>
    rule.resources.flatMap((resource) =>
      (rule.resourceNames ?? [undefined]).flatMap((resourceName) =>
        rule.verbs.map((verb) => ({ namespace, apiGroup, resource, resourceName, verb })),
      ),
    ),
  );
}

/** Whether a request was allowed by a grant. */
export function uses(request: AuditedRequest, grant: Grant): boolean {
  return (
    request.verb === grant.verb &&
    request.apiGroup === grant.apiGroup &&
    request.resource === grant.resource &&
    (grant.namespace === undefined || request.namespace === grant.namespace) &&
    (grant.resourceName === undefined || request.name === grant.resourceName)
  );
}

/** For a person: `get secrets in shop`. */
export function grantText({ namespace, apiGroup, resource, resourceName, verb }: Grant): string {
  const what = [verb, apiGroup === "" ? resource : `${resource}.${apiGroup}`, resourceName];
  return `${what.filter((part) => part !== undefined).join(" ")} in ${namespace ?? "the cluster"}`;
}
