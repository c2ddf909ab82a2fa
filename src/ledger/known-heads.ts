/** The folder within the state folder for signed heads that people hand in before a start. */
export const KNOWN_HEADS = "known-heads";
