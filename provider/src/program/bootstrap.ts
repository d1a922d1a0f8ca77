/**
 * The program that Pulumi's host of dynamic providers runs; the state of every ApiKey holds it. It never changes: no
 * closure, no credential, and no difference when this package is upgraded.
 */
export const BOOTSTRAP = 'exports.handler = () => require("pulumi-signatureapi/dynamic").provider;';

/** The type that resources of this package have in a stack. */
export const API_KEY_TYPE = "pulumi-nodejs:dynamic/signatureapi:ApiKey";
