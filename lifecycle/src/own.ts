/**
 * What a record holds under a name that comes from outside. Each object answers for names such as `constructor`, which
 * an ID, a label or an entry may be called; only what the record itself holds counts.
 */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
