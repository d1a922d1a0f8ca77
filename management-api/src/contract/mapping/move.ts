/** A field that goes from one place of an object to another; both are paths. */
export interface Move {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** The moves between two sets of names, without those that change nothing. */
export function movesBetween(
  names: readonly { readonly from: string; readonly to: string }[],
): readonly Move[] {
  return names
    .filter(({ from, to }) => from !== to)
    .map(({ from, to }) => ({ from: from.split("."), to: to.split(".") }));
}

/**
 * A copy of an object with its fields moved. What has the name of a field that comes from elsewhere is another field, so it
 * is removed: it must never be taken for the one that is missing. What is no object is given back.
 */
export function move(source: unknown, moves: readonly Move[]): unknown {
  return moves.length === 0 || !isRecord(source) ? source : moveFields(source, moves);
}

/** The same for what is known to be an object. */
export function moveFields(
  source: Readonly<Record<string, unknown>>,
  moves: readonly Move[],
): Record<string, unknown> {
  const values = moves.map(({ from }) => at(source, from));
  let moved: Record<string, unknown> = source;
  for (const { from, to } of moves) moved = without(without(moved, from), to);
  moves.forEach(({ to }, index) => {
    if (values[index] !== undefined) moved = withValue(moved, to, values[index]);
  });
  return moved;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function at(source: unknown, path: readonly string[]): unknown {
  return path.reduce(
    (value, name) => (isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    source,
  );
}

function without(
  source: Record<string, unknown>,
  [name, ...rest]: readonly string[],
): Record<string, unknown> {
  if (name === undefined || !Object.hasOwn(source, name)) return source;
  const inner = source[name];
  if (rest.length > 0) return isRecord(inner) ? { ...source, [name]: without(inner, rest) } : source;
  const { [name]: _removed, ...others } = source;
  return others;
}

function withValue(
  source: Record<string, unknown>,
  [name = "", ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  if (rest.length === 0) return { ...source, [name]: value };
  const inner = Object.hasOwn(source, name) ? source[name] : undefined;
  return { ...source, [name]: withValue(isRecord(inner) ? inner : {}, rest, value) };
}
