/** What is reported where the package is missing; `%` stands for the folder that the host looks in. */
const MISSING =
  "pulumi-signatureapi is not installed in %. Only this package can revoke the API keys of this stack, and no key was " +
  "changed. Run `npm install pulumi-signatureapi` in %, and run pulumi again. Do not use `pulumi state delete`: the key " +
  "would stay active.";

/**
 * The program that Pulumi's host of dynamic providers runs; the state of every ApiKey holds it. It never changes with the
 * version: no closure, no credential, and no difference when this package is upgraded. Where the package is not installed,
 * nothing else of ours can report it: the host resolves packages from its current folder.
 */
export const BOOTSTRAP = [
  'exports.handler = () => { try { return require("pulumi-signatureapi/dynamic").provider; } catch (error) {',
  'if (error.code !== "MODULE_NOT_FOUND") throw error;',
  `const missing = new Error(${JSON.stringify(MISSING)}.replaceAll("%", () => process.cwd()));`,
  'missing.stack = ""; throw missing; } };',
].join(" ");

/** The type that resources of this package have in a stack. */
export const API_KEY_TYPE = "pulumi-nodejs:dynamic/signatureapi:ApiKey";
