/**
 * The program that Pulumi's host of dynamic providers runs, and that stands in the state of every ApiKey. It is the same
 * for ever: no closure, no credential, and no change when this package is upgraded.
 */
export const BOOTSTRAP = 'exports.handler = () => require("pulumi-signatureapi/dynamic").provider;';

/** The type that resources of this package have in a stack. */
export const API_KEY_TYPE = "pulumi-nodejs:dynamic/signatureapi:ApiKey";
