import { useElementSize } from "@mantine/hooks";
import { type MouseEvent, memo } from "react";
import type { Reply } from "../app/api.ts";
import { wordFor } from "../app/words.ts";
import { ringName } from "../parts/ring-name.ts";
import styles from "./rollout.module.css";
import type { Standing } from "./standing.tsx";

type Cells = Reply<"/api/v1/rollouts/{rollout}/cells">["waves"][number];
export type Runs = Cells["runs"];

/** A stroke or a filled figure within the 14 by 14 of a cell: where it starts, and its path from there. */
type Figure = readonly [x: number, y: number, path: string];
interface Drawing {
  readonly fills?: readonly Figure[];
  readonly lines?: readonly Figure[];
  /** Drawn over the fill in the colour of the page. */
  readonly cuts?: readonly Figure[];
}

const frame: Figure = [1.5, 1.5, "h11v11h-11z"];
const full: Figure = [1, 1, "h12v12h-12z"];
const question: readonly Figure[] = [
  [5.2, 5.4, "a1.8 1.8 0 1 1 2.5 1.7c-.5.2-.7.5-.7 1"],
  [7, 10.1, "v.2"],
];

/** The shapes of `StandingShape`, written so that all cells of a kind are one path. */
const drawings: Readonly<Record<Standing, Drawing>> = {
  verified: { fills: [full] },
  "applied-unverified": { fills: [[1.5, 1.5, "h5.5v11h-5.5z"]], lines: [frame] },
  running: { fills: [[4.5, 4.5, "h5v5h-5z"]], lines: [frame] },
  checking: { lines: [frame, [4, 4.7, "h6"], [4, 7, "h6"], [4, 9.3, "h6"]] },
  waiting: { lines: [frame] },
  held: { lines: [frame, [5.2, 4.2, "v5.6"], [8.8, 4.2, "v5.6"]] },
  failed: {
    fills: [full],
    cuts: [
      [4.3, 4.3, "l5.4 5.4"],
      [9.7, 4.3, "l-5.4 5.4"],
    ],
  },
  "rolled-back": {
    lines: [frame, [10, 9.5, "v-1.9a1.6 1.6 0 0 0-1.6-1.6h-4.2"], [6, 4, "l-2 2 2 2"]],
  },
  unreachable: { lines: [frame, ...question] },
  unknown: { lines: [frame, ...question] },
  skipped: { lines: [[2.5, 7, "h9"]] },
};

/** From one cell to the next, in units of a shape. */
const STEP = 17;
/** The same in pixels; on a phone a cell is met by a finger, and its shape told apart by an arm's length. */
const STEP_PIXELS = 12;
const STEP_PIXELS_NARROW = 18;
const NARROW_PIXELS = 480;

/**
 * Hosts of a wave of a large rollout: a shape each as in a small one, but one path for all that stand
 * alike, so that 10,000 hosts are some hundred elements and a change is a new text of two of them. A
 * click opens the host; by keyboard the counts beside it lead to the list of the same hosts.
 */
export const DenseCells = memo(function DenseCells(props: {
  readonly ring: string;
  readonly runs: Runs;
  readonly onOpen: (index: number) => void;
}) {
  const { ring, runs, onOpen } = props;
  const { ref, width } = useElementSize();
  const step = width < NARROW_PIXELS ? STEP_PIXELS_NARROW : STEP_PIXELS;
  const columns = Math.max(1, Math.floor(width / step));
  const hosts = runs.reduce((sum, run) => sum + run.hosts, 0);
  const rows = Math.ceil(hosts / columns);
  const open = (event: MouseEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / step);
    const row = Math.floor((event.clientY - box.top) / step);
    const index = row * columns + column;
    if (column < columns && index < hosts) onOpen(index);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the counts beside it lead to the same hosts.
    <div
      ref={ref}
      className={styles["dense"]}
      role="img"
      aria-label={`${hosts.toLocaleString("en")} hosts of ${ringName(ring)}, one cell each`}
      style={width > 0 ? { height: rows * step } : undefined}
      onClick={open}
    >
      {width > 0 && (
        <svg
          width={columns * step}
          height={rows * step}
          viewBox={`0 0 ${columns * STEP} ${rows * STEP}`}
          strokeWidth="1.3"
          aria-hidden="true"
        >
          {[...placesOf(runs)].map(([standing, places]) => (
            <Standings key={standing} standing={standing} places={places} columns={columns} />
          ))}
        </svg>
      )}
    </div>
  );
});

/** All hosts of the wave that stand alike. */
function Standings(props: {
  readonly standing: Standing;
  readonly places: readonly number[];
  readonly columns: number;
}) {
  const { standing, places, columns } = props;
  const { fills = [], lines = [], cuts = [] } = drawings[standing];
  const path = (figures: readonly Figure[]) =>
    places
      .map((place) => {
        const [left, top] = [(place % columns) * STEP, Math.floor(place / columns) * STEP];
        return figures.map(([x, y, rest]) => `M${left + x} ${top + y}${rest}`).join("");
      })
      .join("");
  return (
    <g className={`mark ${wordFor("standing", standing).tone}`} data-standing={standing}>
      {fills.length > 0 && <path d={path(fills)} fill="currentColor" />}
      {lines.length > 0 && <path d={path(lines)} fill="none" stroke="currentColor" />}
      {cuts.length > 0 && <path d={path(cuts)} fill="none" stroke="var(--mantine-color-body)" />}
    </g>
  );
}

/** The places of a wave's cells by standing, counted from its first host. */
export function placesOf(runs: Runs): ReadonlyMap<Standing, readonly number[]> {
  const places = new Map<Standing, number[]>();
  let next = 0;
  for (const { standing, hosts } of runs) {
    const own = places.get(standing) ?? [];
    for (const last = next + hosts; next < last; next += 1) own.push(next);
    places.set(standing, own);
  }
  return places;
}
