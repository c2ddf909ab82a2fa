import fc from "fast-check";

/**
 * In `npm run check` a property that names no number of its own is tried 25 times; `npm test` tries it
 * 100 times, and what `check` let pass is found there.
 */
if (process.env["FETTLE_TEST_QUICK"] === "1") fc.configureGlobal({ numRuns: 25 });
