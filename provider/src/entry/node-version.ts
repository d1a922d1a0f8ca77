/** The oldest Node that the package runs in. The same as `engines` in its package.json. */
export const OLDEST_NODE = "22.19";

/**
 * Says what is wrong with the Node that has loaded this package, or `undefined` where it is new enough. This file is read by
 * old versions of Node: it stays free of syntax and of functions that Node 16 does not have.
 *
 * @param version such as `16.20.2`.
 * @param path the program of that Node.
 */
export function nodeProblem(version: string, path: string): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE.split(".").map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return (
    `pulumi-signatureapi needs Node >= ${OLDEST_NODE}, and Pulumi runs it with Node ${version} (${path}). No key was ` +
    "changed. Install a newer Node, make it the first one on the PATH that pulumi gets, and run pulumi again."
  );
}
