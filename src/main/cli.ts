import { offlineLoad } from "../cli/offline-nouns.ts";

/**
 * The command line. Nouns that need no server are loaded alone, so that they start at once and work
 * where nothing is configured.
 */
const load = offlineLoad(process.argv.slice(2));
if (load === null) await import("./command-line.ts");
else await (await import("./command-line-offline.ts")).runAlone(load);
