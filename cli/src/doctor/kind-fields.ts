import * as z from "zod";

// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
const nodeSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
});

/** The paths of all fields that an OpenAPI schema declares: `spec.rotation.every`, `status.previous[].keyId`. */
export function fieldsOf(schema: unknown, path = ""): readonly string[] {
  const node = nodeSchema.safeParse(schema);
  if (!node.success) return [];
  const { properties = {}, items } = node.data;
  const own = Object.entries(properties).flatMap(([name, inner]) => {
    const inside = path === "" ? name : `${path}.${name}`;
    return [inside, ...fieldsOf(inner, inside)];
  });
  return items === undefined ? own : [...own, ...fieldsOf(items, `${path}[]`)];
}
