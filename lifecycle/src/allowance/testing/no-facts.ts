import type { AllowanceFacts } from "../judge.ts";

/** The facts of an ApiKey for which no key was ever asked, in an account without limits. */
export const NO_FACTS: AllowanceFacts = { abandoned: [], made: [], held: 0, limits: [] };
