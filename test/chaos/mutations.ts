import type { Mutation } from "../crash/bundle.ts";
import { MUTANTS } from "../crash/mutations.ts";
import type { Rule } from "./check/violation.ts";
import type { ChaosOptions } from "./options.ts";

/** A fault put into the product's source, and the rule by which a short run of chaos must notice it. */
interface ChaosMutant extends Mutation {
  readonly rule: Rule;
  readonly options: Pick<ChaosOptions, "keys" | "seconds" | "killsEvery">;
}

const SHORT = { keys: 20, seconds: 45, killsEvery: 6 };
/** Many attempts are cut off by kills. */
const DEADLY = { keys: 40, seconds: 110, killsEvery: 1.4 };
/** Many requests take effect late. */
const LONG = { keys: 60, seconds: 75, killsEvery: 6 };

function known(name: string, rule: Rule, options: ChaosMutant["options"] = SHORT): ChaosMutant {
  const mutation = MUTANTS.find((mutant) => mutant.name === name);
  if (mutation === undefined) throw new Error(`there is no such mutant: ${name}`);
  const { file, find, replace } = mutation;
  return { name, file, find, replace, rule, options };
}

/** Each of these passes where nothing breaks. */
export const CHAOS_MUTANTS: readonly ChaosMutant[] = [
  known("never looks for what an abandoned attempt has left", "leftover"),
  known("revokes the old key before the new one is committed", "committed-revoked"),
  known("forgets an attempt that was cut off, instead of giving it up", "lost", DEADLY),
  {
    name: "revokes replaced keys before their time",
    file: "lifecycle/src/plan/rollouts/hold.ts",
    find: "revokeAt !== UNTIL_REPLACED && now >= revokeAt",
    replace: "revokeAt !== UNTIL_REPLACED && now > 0",
    rule: "retired-early",
    options: SHORT,
  },
  {
    name: "forgets an abandoned attempt once it is settled",
    file: "lifecycle/src/plan/policies/recover-attempts.ts",
    find: "const abandoned = status.abandoned.map((other) => (other.id === attempt.id ? listed : other));",
    replace:
      'const abandoned = status.abandoned.map((other) => (other.id === attempt.id ? listed : other)).filter(({ op, listings }) => op !== "create" || listings < 2);',
    rule: "lost",
    options: LONG,
  },
];
