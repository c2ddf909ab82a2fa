import { Failure } from "../base/failure.ts";
import { isUuid } from "../base/ids.ts";
import type { Selector } from "../base/labels.ts";
import { didYouMean, nearNames } from "../base/near-name.ts";
import type { Reader } from "../db/database.ts";
import { loadSimilarNames } from "./store-names.ts";

const REF_CHARACTERS_MAX = 64;

/**
 * The refusal for a host that is not there, with the names that may have been meant. A host outside
 * the asker's scopes looks exactly like one that is not there, so it is never among them.
 */
export async function noHost(
  reader: Reader,
  ref: string,
  scopes: readonly Selector[],
): Promise<Failure> {
  const shown = ref.slice(0, REF_CHARACTERS_MAX);
  const known = isUuid(ref) ? [] : await loadSimilarNames(reader, shown, scopes);
  return new Failure(
    "not-found",
    `There is no host ${shown}.${didYouMean(nearNames(shown, known))}`,
  );
}
