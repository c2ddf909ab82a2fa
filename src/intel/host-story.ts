/**
 * What hosts were made of over time, as this server knew it: which package set they had and which
 * kernel ran. Hosts that were alike all the time are told once. Times are days or milliseconds,
 * whichever the question needs.
 */
export interface Segment {
  readonly setId: number;
  readonly kernelRunning: string | null;
  readonly from: number;
  /** Infinite for what still is so. */
  readonly to: number;
}

export interface HostStory {
  /** What filters ask of these hosts, as of now: labels have no history. */
  readonly marks: string;
  /** Value of the label that was asked for; null where they have none. */
  readonly label: string | null;
  readonly hosts: number;
  /** One after the other; where nothing is known of the packages there is a gap. */
  readonly segments: readonly Segment[];
}

/** Hosts that were alike for some days: what a count of each day needs. */
export interface AlikeHosts extends Segment {
  readonly marks: string;
  readonly hosts: number;
}

const FIELD = "\t";
const END = "\n";

/** The text that the store makes of a story: `set from to kernel` a line; an open end is empty. */
export function segmentsFromText(text: string): readonly Segment[] {
  return text.split(END).map((line) => {
    const [set = "", from = "", to = "", kernel = ""] = line.split(FIELD);
    return {
      setId: Number(set),
      kernelRunning: kernel === "" ? null : kernel,
      from: Number(from),
      to: to === "" ? Number.POSITIVE_INFINITY : Number(to),
    };
  });
}
