import { isOffline } from "../cli/offline-nouns.ts";

/**
 * The command line. Nouns that need no server are loaded alone, so that they start at once and work
 * where nothing is configured.
 */
if (isOffline(process.argv.slice(2))) await import("./command-line-offline.ts");
else await import("./command-line.ts");
