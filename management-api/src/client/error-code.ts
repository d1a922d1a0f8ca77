/** The code of an error says enough, and unlike its message it cannot hold anything of the request. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
