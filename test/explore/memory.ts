/** How many answers are kept at most; then all are forgotten. */
const MOST = 200_000;

/** A pure function that is asked for the same again and again. @param nameOf tells what it is asked for. */
export function remembering<In, Out>(
  answer: (asked: In) => Out,
  nameOf: (asked: In) => string,
): (asked: In) => Out {
  const known = new Map<string, Out>();
  return (asked) => {
    const name = nameOf(asked);
    const before = known.get(name);
    if (before !== undefined) return before;
    if (known.size >= MOST) known.clear();
    const given = answer(asked);
    known.set(name, given);
    return given;
  };
}
