/** How users call the plugin. */
export const PROGRAM = "kubectl signatureapi";
