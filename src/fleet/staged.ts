import { type Parsed, parseDocument } from "../base/document.ts";

/**
 * What a host says to an order of kind `stage`, signed by its key in the namespace `fettle-staged-v1`
 * (decision 31): the files of a job lie on it, judged by their digests, or why not. It starts nothing and
 * promises nothing: the job judges the files and the host's packages again.
 */
export const STAGED_NAMESPACE = "fettle-staged-v1";

export interface Staged {
  readonly tenant: string;
  readonly host: string;
  readonly plan: string;
  readonly index: number;
  /** The counter of the order that it answers. */
  readonly counter: number;
  readonly state: "staged" | "refused";
  /** `E_…`, or `-` where everything is there. */
  readonly code: string;
  readonly files: number;
  readonly kilobytes: number;
  /** Unix seconds by the host's clock. */
  readonly at: number;
  /** The facts of a refusal, in the host's words; `-` where there is none. */
  readonly why: string;
}

export function parseStaged(text: string): Parsed<Staged> {
  return parseDocument(text, { type: "staged" }, (reader) => {
    const about = {
      tenant: reader.word("tenant", "id"),
      host: reader.word("host", "id"),
      plan: reader.word("plan", "digest"),
      index: reader.number("index"),
      counter: reader.number("counter"),
      state: reader.choice("state", ["staged", "refused"] as const),
      code: reader.rest("code"),
    };
    if (about.code !== "-" && !/^E_[A-Z_]{1,30}$/.test(about.code)) reader.stop("no code");
    if ((about.code === "-") !== (about.state === "staged")) reader.stop("state and code differ");
    return {
      ...about,
      files: reader.number("files"),
      kilobytes: reader.number("kilobytes"),
      at: reader.number("at"),
      why: reader.rest("why"),
    };
  });
}
