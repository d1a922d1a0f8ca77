/**
 * Whether a line of the log names an ApiKey, and not one whose name only begins or ends in the same way.
 * @param apiKey `namespace/name`
 */
export function isAbout(line: string, apiKey: string): boolean {
  for (let at = line.indexOf(apiKey); at !== -1; at = line.indexOf(apiKey, at + 1)) {
    const around = (line[at - 1] ?? "") + (line[at + apiKey.length] ?? "");
    if (!/[-.a-z0-9/]/u.test(around)) return true;
  }
  return false;
}
