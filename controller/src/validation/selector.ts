import { own } from "@signatureapi-keys/lifecycle";
import type { AllowLine } from "../resources/account.ts";

/**
 * Whether labels satisfy a label selector in the sense of metav1.LabelSelector; an empty one matches all. Labels that are
 * not known satisfy no other one, also none that asks for the absence of a label.
 */
export function selects(
  selector: AllowLine["namespaceSelector"],
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  if (labels === undefined) return isEmpty(selector);
  const all = Object.entries(selector.matchLabels ?? {}).every(
    ([name, value]) => own(labels, name) === value,
  );
  return all && (selector.matchExpressions ?? []).every((expression) => holds(expression, labels));
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: AllowLine["namespaceSelector"]): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

type Expression = NonNullable<AllowLine["namespaceSelector"]["matchExpressions"]>[number];

function holds(
  { key, operator, values = [] }: Expression,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = own(labels, key);
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}
