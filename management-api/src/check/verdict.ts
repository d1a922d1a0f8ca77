/** What the check says about a row. Texts hold statuses, names and counts: nothing of the account. */
export type Verdict =
  /** `seen`: what was measured, if that says more. */
  | { readonly state: "holds"; readonly seen?: string }
  | { readonly state: "differs"; readonly expected: string; readonly seen: string }
  /** `would`: what would try it. */
  | { readonly state: "not tried"; readonly why: string; readonly would: string };

export function holds(seen?: string): Verdict {
  return seen === undefined ? { state: "holds" } : { state: "holds", seen };
}

export function differs(expected: string, seen: string): Verdict {
  return { state: "differs", expected, seen };
}

export function notTried(why: string, would: string): Verdict {
  return { state: "not tried", why, would };
}
