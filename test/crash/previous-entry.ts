/** The entry in which operations keep a previous value. */
export const PREVIOUS_ENTRY = "SIGNATUREAPI_KEY_PREVIOUS";
