import { readOptions } from "@signatureapi-keys/controller/options";
import { expect, test } from "vitest";
import { controllerRights, type Right } from "../../cli/src/doctor/rights.ts";
import { grantsTo, type Grant } from "../chart/grants.ts";
import { render, VALUE_SETS } from "../chart/helm.ts";
import { only, podOf } from "../chart/rendered.ts";

function textOfRight({ namespace, group, resource, name, verb }: Right): string {
  return [namespace, group, resource, name, verb].join(" ");
}

function textOfGrant({ namespace, apiGroup, resource, resourceName, verb }: Grant): string {
  return [namespace, apiGroup, resource, resourceName, verb].join(" ");
}

test.each(VALUE_SETS)(
  "doctor asks for what the chart grants with the values %s, no more and no less",
  async (valueSet) => {
    const objects = await render({ valueSet, values: { rbac: { create: true } } });
    const deployment = only(objects, "Deployment");
    const { pod, container } = podOf(deployment);
    const options = readOptions(container.args, {});
    if (options === "help") throw new TypeError("the chart does not ask for help");
    const own = deployment.metadata.namespace ?? "";
    const account = { namespace: own, name: pod.serviceAccountName };
    const granted = new Set(grantsTo(objects, account).map(textOfGrant));
    const wanted = controllerRights(options, options.clusterResourceNamespace ?? own).map(textOfRight);
    expect(new Set(wanted)).toEqual(granted);
  },
);
